# `zprof shell-init zsh --prompt`: let the prompt begin with what is in effect.
\builtin setopt prompt_subst
[[ ${PROMPT-} == *ZPROF_PROMPT* ]] || PROMPT='${ZPROF_PROMPT:+(${ZPROF_PROMPT//\%/%%}) }'${PROMPT-}

# `zprof shell-init bash --prompt`: let the prompt begin with what is in effect.
[[ ${PS1-} == *ZPROF_PROMPT* ]] || PS1='${ZPROF_PROMPT:+($ZPROF_PROMPT) }'${PS1-}

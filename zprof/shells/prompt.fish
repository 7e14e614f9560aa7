# `zprof shell-init fish --prompt`: let the prompt begin with what is in effect.
if not functions --query __zprof_fish_prompt
    functions --query fish_prompt
    or function fish_prompt
        echo '> '
    end
    functions --copy fish_prompt __zprof_fish_prompt
    function fish_prompt
        set -l zprof_code $status
        test -z "$ZPROF_PROMPT"
        or printf '(%s) ' $ZPROF_PROMPT
        __zprof_status $zprof_code
        __zprof_fish_prompt
    end
    function __zprof_status
        return $argv[1]
    end
end

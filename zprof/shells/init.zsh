# For zsh 5.1 or later: eval "$(command zprof shell-init zsh)"
# `emulate` makes each function read as written, whatever options the user has set, and `command` then leads past the
# builtin of this name that zsh/zprof brings: the function here hides it, and `builtin zprof` still runs it.

# Run the command. What `zprof use` answers is evaluated here: no other process can change this shell.
function zprof {
    \builtin emulate -L zsh
    \local zprof_word='' zprof_skips='' zprof_answer='' zprof_now=''
    for zprof_word in "$@"; do
        if [[ -n $zprof_skips ]]; then
            zprof_skips='' zprof_word=''
            continue
        fi
        case $zprof_word in
            -p | -qp | --profile | --stack | --lock[-_]timeout | --confirm | --output) zprof_skips=yes ;;
            -*) ;;
            *) break ;;
        esac
    done
    case $zprof_word in
        use) ;;
        run | shell) # What they start is not this shell, and is not told of its hook.
            \command zprof "$@"
            return
            ;;
        *)
            ZPROF_HOOK=zsh \command zprof "$@"
            return
            ;;
    esac
    zprof_answer=$(ZPROF_HOOK=zsh ZPROF_BEFORE=${__zprof_before-} \command zprof "$@") || return
    if [[ $zprof_answer != '# zprof use'* ]]; then # help
        \builtin print -r -- "$zprof_answer"
        return
    fi
    zprof_now=${ZPROF_ACTIVATED_PROFILE-}/${ZPROF_ACTIVATED_STACK-}
    \builtin eval "$zprof_answer" || return
    if [[ $zprof_now != "${ZPROF_ACTIVATED_PROFILE-}/${ZPROF_ACTIVATED_STACK-}" ]]; then
        __zprof_before=$zprof_now
    fi
}

# Keep what `zprof prompt` prints in ZPROF_PROMPT, and ask again when what it depends on may have changed: files by
# their inode, size and times. An answer counts only if each was older, when it was given, than any later change can be:
# a file's time lags behind the clock by up to a tick, or is in whole seconds.
function __zprof_prompt {
    \builtin emulate -L zsh
    \local zprof_seen='' zprof_newest=0 zprof_now=${EPOCHREALTIME-0} zprof_lag=0.05
    __zprof_look
    [[ $zprof_seen != "$__zprof_seen" ]] || return 0
    __zprof_seen='' ZPROF_PROMPT=''
    [[ $zprof_newest != *.000000000 ]] || zprof_lag=2
    if __zprof_ask && ((zprof_newest < zprof_now - zprof_lag)); then
        __zprof_seen=$zprof_seen
    fi
    return 0
}

# Note in zprof_seen all that the answer depends on, and in zprof_newest the newest time of a file.
function __zprof_look {
    \local zprof_config='' zprof_place=''
    # Not the builtin: that believes in $PWD, whose links may lead elsewhere by now.
    [[ . -ef ${__zprof_here:-/dev/null} ]] || __zprof_here=$(\command env pwd -P 2> /dev/null) ||
        __zprof_here=${PWD-} # a directory that is gone, or no command to ask
    zprof_seen="$__zprof_here
${ZPROF_ACTIVATED_PROFILE-}
${ZPROF_ACTIVATED_STACK-}
${ZPROF_PROMPT_FORMAT-}"
    zprof_config=${ZPROF_CONFIG_PATH-}
    if [[ -z $zprof_config ]]; then
        if [[ $OSTYPE == darwin* ]]; then
            zprof_config="${HOME-}/Library/Application Support/zprof"
        elif [[ ${XDG_CONFIG_HOME-} == /* ]]; then
            zprof_config=$XDG_CONFIG_HOME/zprof
        else
            zprof_config=${HOME-}/.config/zprof
        fi
    fi
    __zprof_see "$zprof_config/registry.db"
    if [[ -n ${ZPROF_REPOSITORY_PATH-} ]]; then
        __zprof_see_project "$ZPROF_REPOSITORY_PATH"
        return
    fi
    zprof_place=$__zprof_here
    while [[ -n $zprof_place ]]; do
        __zprof_see_project "$zprof_place"
        zprof_place=${zprof_place%/*}
    done
    __zprof_see_project ''
}

function __zprof_see_project {
    [[ ! -d $1/.zprof && $1 != '~'* ]] || zprof_seen+="
$1/.zprof"
    __zprof_see "$1/.zprof/config.toml"
    __zprof_see "$1/.zprof/local.toml"
}

function __zprof_see {
    \local zprof_file=$1
    \local -a zprof_state
    case $zprof_file in
        '~/'*) zprof_file=${HOME-}/${zprof_file#??} ;;
        '~'*) zprof_newest=9e18 ;; # another user's home, which only a process can find
    esac
    [[ -e $zprof_file ]] || return 0
    # Where zsh comes without the module, it says so of `builtin` itself.
    if ! { \builtin zstat -F '%s.%9.' -A zprof_state -- "$zprof_file"; } 2> /dev/null; then
        zprof_newest=9e18
        return 0
    fi
    zprof_seen+="
$zprof_file $zprof_state[2] $zprof_state[8] $zprof_state[10] $zprof_state[11]"
    ((zprof_newest >= zprof_state[10])) || zprof_newest=$zprof_state[10]
    ((zprof_newest >= zprof_state[11])) || zprof_newest=$zprof_state[11]
}

# Ask. An answer that was given while the registry was busy is an error, and not kept.
function __zprof_ask {
    \builtin whence -p zprof > /dev/null || return
    ZPROF_PROMPT=$(\command zprof prompt ${ZPROF_PROMPT_FORMAT:+"--format=$ZPROF_PROMPT_FORMAT"} 2> /dev/null)
}

# Have the hook run before each prompt, and before what else runs there: that may use ZPROF_PROMPT.
function __zprof_install {
    \builtin emulate -L zsh
    \builtin zmodload -F zsh/stat b:zstat 2> /dev/null
    \builtin zmodload zsh/datetime 2> /dev/null
    \builtin typeset -ga precmd_functions
    precmd_functions=(__zprof_prompt ${precmd_functions:#__zprof_prompt})
}

__zprof_here='' __zprof_seen=''
[[ ! -o interactive ]] || __zprof_install

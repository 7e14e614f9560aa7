# For bash 3.2 or later: eval "$(zprof shell-init bash)"
# It holds whatever the user has set: a word that an alias could replace is quoted, and no unset variable is read. bash
# takes a quoted \local for any command, and would divide what it is given: its values are quoted, too.

# Run the command. What `zprof use` answers is evaluated here: no other process can change this shell.
function zprof {
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
            ZPROF_HOOK=bash \command zprof "$@"
            return
            ;;
    esac
    zprof_answer=$(ZPROF_HOOK=bash ZPROF_BEFORE=${__zprof_before-} \command zprof "$@") || return
    if [[ $zprof_answer != '# zprof use'* ]]; then # help
        \builtin printf '%s\n' "$zprof_answer"
        return
    fi
    zprof_now=${ZPROF_ACTIVATED_PROFILE-}/${ZPROF_ACTIVATED_STACK-}
    \builtin eval "$zprof_answer" || return
    if ! \builtin test "$zprof_now" = "${ZPROF_ACTIVATED_PROFILE-}/${ZPROF_ACTIVATED_STACK-}"; then
        __zprof_before=$zprof_now
    fi
}

# Keep what `zprof prompt` prints in ZPROF_PROMPT, and ask again when what it depends on may have changed. An answer
# counts while each file is strictly older than a stamp that was made before the question, and the clock, which SECONDS
# follows, has not been put back since.
function __zprof_prompt {
    \local zprof_code="$?" zprof_seen='' zprof_is_new='' IFS=$' \t\n'
    __zprof_look
    ((${SECONDS-0} >= __zprof_second)) || zprof_is_new=yes
    if [[ -n $zprof_is_new ]] || ! \builtin test "$zprof_seen" = "$__zprof_seen"; then
        __zprof_seen='' ZPROF_PROMPT=''
        if __zprof_stamps; then
            __zprof_ask && __zprof_seen=$zprof_seen
        else # There is no place for a stamp, so nothing is kept.
            __zprof_ask || :
        fi
    fi
    # With `set -e` a failure would end the shell.
    [[ $- == *e* ]] || return "$zprof_code"
}

# Note in zprof_seen all that the answer depends on, and in zprof_is_new whether a file may be newer than the answer.
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
    __zprof_see "$zprof_config"
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
    __zprof_see "$1/.zprof"
    __zprof_see "$1/.zprof/config.toml"
    __zprof_see "$1/.zprof/local.toml"
}

function __zprof_see {
    \local zprof_file="$1"
    case $zprof_file in
        '~/'*) zprof_file=${HOME-}/${zprof_file#??} ;;
        '~'*) zprof_is_new=yes ;; # another user's home, which only a process can find
    esac
    zprof_seen+="
$zprof_file"
    if [[ -e $zprof_file ]]; then
        zprof_seen+=' exists'
        [[ ${__zprof_stamp:-/dev/null/none} -nt $zprof_file ]] || zprof_is_new=yes
    fi
}

# Ask. An answer that was given while the registry was busy is an error, and not kept.
function __zprof_ask {
    \builtin type -P zprof > /dev/null || return
    ZPROF_PROMPT=$(\command zprof prompt ${ZPROF_PROMPT_FORMAT:+"--format=$ZPROF_PROMPT_FORMAT"} 2> /dev/null)
}

# Make the stamp of this shell, in a directory of this user alone.
function __zprof_stamps {
    \local zprof_place='' zprof_file=''
    __zprof_second=${SECONDS-0}
    if [[ -n ${__zprof_stamp-} ]]; then
        { \builtin echo >| "$__zprof_stamp"; } 2> /dev/null
        return
    fi
    if [[ -n ${XDG_RUNTIME_DIR-} && -O $XDG_RUNTIME_DIR ]]; then
        zprof_place=$XDG_RUNTIME_DIR/zprof
    else
        zprof_place=${TMPDIR:-/tmp}/zprof-$EUID
    fi
    [[ -d $zprof_place ]] || \command mkdir -m 700 "$zprof_place" 2> /dev/null || return
    [[ -O $zprof_place && ! -L $zprof_place ]] || return
    { \builtin echo >| "$zprof_place/$$"; } 2> /dev/null || return
    __zprof_stamp=$zprof_place/$$
    for zprof_file in "$zprof_place"/*; do # those of shells that have ended
        [[ ${zprof_file##*/} == *[!0-9]* ]] || \builtin kill -0 "${zprof_file##*/}" 2> /dev/null ||
            \command rm -f "$zprof_file"
    done
}

# Have the hook run before each prompt, and before what else runs there: that may use ZPROF_PROMPT.
function __zprof_install {
    \local IFS=$'\n'
    [[ $'\n'${PROMPT_COMMAND[*]-}$'\n' != *$'\n'__zprof_prompt$'\n'* ]] || return 0
    if [[ $(\builtin declare -p PROMPT_COMMAND 2> /dev/null) == 'declare -a'* ]]; then
        PROMPT_COMMAND=(__zprof_prompt "${PROMPT_COMMAND[@]}")
    else
        PROMPT_COMMAND=__zprof_prompt${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND}
    fi
}

__zprof_here='' __zprof_seen='' __zprof_stamp='' __zprof_second=0
[[ $- != *i* ]] || __zprof_install

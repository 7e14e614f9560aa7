# What bash evaluates to complete the words of zprof. The command itself is asked; it answers at once, or not at all.
# A word that an alias could replace is quoted. bash takes a quoted \local for any command: its values are quoted, too.

_zprof_complete() {
    \local IFS=$' \t\n' line="${COMP_LINE:0:COMP_POINT}" word blanks at breaks= before current answer value i
    \local -a words
    words=()

    # bash divides words at = and others: put together again what no blank stands between.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        blanks=${line%%[![:space:]]*}
        line=${line#"$blanks"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$line
        line=${line#"$word"}
        word=${word//[\"\'\\]/}
        at=${#words[@]}
        if [[ -n $blanks || $at -eq 0 ]]; then
            words[at]=$word
        else
            words[at - 1]+=$word
        fi
    done
    current=${words[${#words[@]} - 1]}

    # bash replaces what follows the last of them.
    for word in = :; do
        [[ $COMP_WORDBREAKS != *"$word"* ]] || breaks+=$word
    done
    before=
    [[ -z $breaks ]] || before=${current%"${current##*[$breaks]}"}

    COMPREPLY=()
    answer=$(\command zprof __complete "${words[@]:1}" 2>/dev/null) || \return 0
    while IFS= read -r value; do
        value=${value%%$'\t'*}
        case $value in
            '') ;;
            :file) compopt -o default 2>/dev/null || _zprof_paths -f "${current##*=}" ;;
            :directory) compopt -o dirnames 2>/dev/null || _zprof_paths -d "${current##*=}" ;;
            :at-file) [[ $current != *@* ]] || _zprof_paths -f "${current#*@}" @ ;;
            *) COMPREPLY[${#COMPREPLY[@]}]=${value#"$before"} ;;
        esac
    done <<<"$answer"
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    \return 0
}

# Offer paths: -f for any, -d for directories; how they begin; and what stands before them.
_zprof_paths() {
    \local path slash
    while IFS= read -r path; do
        [[ -n $path ]] || continue
        slash=
        [[ ! -d $path ]] || slash=/
        \printf -v path '%q' "$path"
        COMPREPLY[${#COMPREPLY[@]}]=${3-}$path$slash
    done <<<"$(compgen "$1" -- "$2")"
}

complete -F _zprof_complete zprof

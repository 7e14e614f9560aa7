#compdef zprof
# What zsh evaluates to complete the words of zprof. The command itself is asked; it answers at once, or not at all.

_zprof() {
    # What completes words runs with the options that compinit wants, whatever the user's are.
    local line value description files
    local -a before named open

    before=("${(@Q)words[2,CURRENT - 1]}")
    for line in "${(@f)$(command zprof __complete "${before[@]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
        value=${line%%$'\t'*}
        description=${${line#"$value"}#$'\t'}
        case $value in
            '') ;;
            :*) files=$value ;;
            *=) open+=("${value//:/\\:}:$description") ;;
            *) named+=("${value//:/\\:}:$description") ;;
        esac
    done
    (( $#open )) && _describe -t attributes attribute open -Q -S ''
    (( $#named )) && _describe -t words word named -Q
    case $files in
        :file) compset -P '*='; _files ;;
        :directory) compset -P '*='; _files -/ ;;
        :at-file) compset -P '*@' && _files ;;
    esac
}

# In a file of $fpath this is the function itself; else it is registered, once compinit has run.
if [[ ${funcstack[1]-} == _zprof ]]; then
    _zprof "$@"
elif (( ${+functions[compdef]} )); then
    compdef _zprof zprof
else
    _zprof_register() {
        emulate -L zsh
        precmd_functions=("${(@)precmd_functions:#_zprof_register}")
        (( ${+functions[compdef]} )) && compdef _zprof zprof
        unfunction _zprof_register
    }
    precmd_functions+=(_zprof_register)
fi

# For fish 3.1 or later, whose prompt asks each time before 3.5: zprof shell-init fish | source

# Run the command. What `zprof use` answers is evaluated here: no other process can change this shell.
function zprof
    set -l zprof_word
    set -l zprof_skips
    for zprof_each in $argv
        if set -q zprof_skips[1]
            set zprof_skips
            continue
        end
        switch $zprof_each
            case -p -qp --profile --stack --lock-timeout --lock_timeout --confirm --output
                set zprof_skips yes
            case '-*'
            case '*'
                set zprof_word $zprof_each
                break
        end
    end
    switch "$zprof_word"
        case use
        case run shell # What they start is not this shell, and is not told of its hook.
            command zprof $argv
            return
        case '*'
            ZPROF_HOOK=fish command zprof $argv
            return
    end
    set -l zprof_answer (ZPROF_HOOK=fish ZPROF_BEFORE="$__zprof_before" command zprof $argv)
    or return
    if test "$zprof_answer[1]" != '# zprof use' # help
        printf '%s\n' $zprof_answer
        return
    end
    set -l zprof_now "$ZPROF_ACTIVATED_PROFILE/$ZPROF_ACTIVATED_STACK"
    printf '%s\n' $zprof_answer | source
    if test "$zprof_now" != "$ZPROF_ACTIVATED_PROFILE/$ZPROF_ACTIVATED_STACK"
        set -g __zprof_before $zprof_now
    end
    return 0
end

# Keep what `zprof prompt` prints in ZPROF_PROMPT, and ask again when what it depends on may have changed. An answer
# counts only if each file was older by two seconds when it was given: fish tells times in whole seconds.
function __zprof_prompt --on-event fish_prompt
    set -l zprof_code $status
    set -l zprof_files (__zprof_files)
    set -l zprof_seen $PWD "/$ZPROF_ACTIVATED_PROFILE/$ZPROF_ACTIVATED_STACK/$ZPROF_PROMPT_FORMAT" $zprof_files
    set -l zprof_is_new
    if not builtin --query path
        set zprof_is_new yes
    else if set -q zprof_files[1]
        set -a zprof_seen (path mtime -- $zprof_files)
        for zprof_age in (path mtime --relative -- $zprof_files)
            test $zprof_age -ge 2
            or set zprof_is_new yes
        end
    end
    # Another user's home, which only a process can find.
    string match --quiet -- '~[^/]*' $ZPROF_CONFIG_PATH $ZPROF_REPOSITORY_PATH
    and set zprof_is_new yes
    if test "$zprof_seen" != "$__zprof_seen"
        set -g __zprof_seen
        set -g ZPROF_PROMPT
        set -l zprof_format
        test -z "$ZPROF_PROMPT_FORMAT"
        or set zprof_format --format=$ZPROF_PROMPT_FORMAT
        # An answer that was given while the registry was busy is an error, and not kept.
        command --query zprof
        and set ZPROF_PROMPT (command zprof prompt $zprof_format 2>/dev/null)
        and test -z "$zprof_is_new"
        and set __zprof_seen $zprof_seen
    end
    return $zprof_code
end

# The files and directories that the answer depends on, as far as they exist.
function __zprof_files
    builtin --query path
    or return
    set -l zprof_places "$HOME/.config/zprof" "$HOME/Library/Application Support/zprof"
    test -z "$XDG_CONFIG_HOME"
    or set zprof_places $XDG_CONFIG_HOME/zprof
    test -z "$ZPROF_CONFIG_PATH"
    or set zprof_places (string replace --regex '^~/' "$HOME/" -- $ZPROF_CONFIG_PATH)
    set zprof_places $zprof_places $zprof_places/registry.db
    if test -n "$ZPROF_REPOSITORY_PATH"
        set -l zprof_place (string replace --regex '^~/' "$HOME/" -- $ZPROF_REPOSITORY_PATH)
        set -a zprof_places $zprof_place/.zprof $zprof_place/.zprof/{config,local}.toml
    else
        set -l zprof_place (path resolve -- .)
        while true
            set -a zprof_places $zprof_place/.zprof $zprof_place/.zprof/{config,local}.toml
            test "$zprof_place" != / -a -n "$zprof_place"
            or break
            set zprof_place (path dirname -- $zprof_place)
        end
    end
    path filter -- $zprof_places
end

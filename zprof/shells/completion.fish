# What fish evaluates to complete the words of zprof. The command itself is asked; it answers at once, or not at all.

function __zprof_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | builtin string replace -ar '["\'\\\\]' '') # a quote may be open
    for line in (command zprof __complete $words[2..] "$current" 2>/dev/null)
        switch $line
            case :file :directory :at-file
                __zprof_paths $line "$current"
            case '*'
                printf '%s\n' $line
        end
    end
end

function __zprof_paths --argument-names kind current
    set -l before (string match -r '^--?[^=]*=' -- $current)
    if test $kind = :at-file
        set before (string match -r '^(?:--?[^=]*=)?@' -- $current)
        or return
    end
    set -l begun (string sub -s (math (string length -- "$before") + 1) -- $current)
    if test $kind = :directory
        string join \n -- "$before"(__fish_complete_directories $begun)
    else
        string join \n -- "$before"(__fish_complete_path $begun)
    end
end

complete -c zprof -e
complete -c zprof -f -k -a '(__zprof_complete)'

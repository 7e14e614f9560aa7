"""What a shell offers at a Tab: the words of the command line, and the names that there are.

A text in `zprof/shells` asks `zprof __complete WORD …`, the words after `zprof` up to the one that is being typed, be
that empty. The answer has a line for each candidate, which stands for that whole word, and a tab and a description
where there is one. A line that begins with a colon has the shell offer files itself: `:file`, `:directory`, or
`:at-file` for what follows an `@`.
"""

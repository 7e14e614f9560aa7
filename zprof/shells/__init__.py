"""What shells evaluate: texts that are static, one file for each shell, and the answers of `zprof use`."""

"""The variables that no stack may set, and those that one of a shared store may set.

A store is written by others, and what runs with it runs as oneself: a variable that makes a program load, run or trust
something would hand one's account to whoever can write to the store. No list of such variables is whole, so for a
store that others write the list of what may be set is what counts, and this one is beneath it for all.

The names are from the lists of sudo (plugins/sudoers/env.c), the GNU C library (sysdeps/generic/unsecvars.h) and from
trials with the tools themselves; see `docs/environment.md`.
"""

from __future__ import annotations

NEVER = (
    # what the loader, the C library and the shells obey
    *("LD_*", "DYLD_*", "_RLD*", "LIBPATH", "SHLIB_PATH", "GLIBC_TUNABLES", "GCONV_PATH", "GETCONF_DIR", "LOCPATH"),
    *("MALLOC_*", "NIS_PATH", "NLSPATH", "RES_OPTIONS", "RESOLV_HOST_CONF", "LOCALDOMAIN", "HOSTALIASES"),
    *(
        "PATH",
        "HOME",
        "SHELL",
        "USER",
        "USERNAME",
        "LOGNAME",
        "PWD",
        "OLDPWD",
        "IFS",
        "CDPATH",
        "TMPDIR",
        "TMP",
        "TEMP",
    ),
    *("TZ", "LANG", "LANGUAGE", "LC_*", "TERM", "HISTFILE", "BASH_*", "ENV", "SHELLOPTS", "BASHOPTS", "PS[0-9]"),
    *("PROMPT_COMMAND", "ZDOTDIR", "FPATH", "GLOBIGNORE", "TERMINFO*", "TERMCAP", "XDG_*", "SUDO_*", "INPUTRC"),
    # what languages load or run
    *("PYTHON*", "PIP_*", "UV_*", "VIRTUAL_ENV", "CONDA_*", "POETRY_*", "NODE_*", "NPM_*", "PERL*", "RUBY*", "GEM_*"),
    *("BUNDLE_*", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "JAVA_HOME", "LUA_*", "PHP*"),
    *("GOFLAGS", "CARGO_*", "RUSTC*", "R_*"),
    # what programs run on the way
    *("GIT_*", "SSH_*", "EDITOR", "VISUAL", "PAGER", "*_PAGER", "BROWSER", "LESS*", "MANPAGER", "FZF_*", "DOCKER_HOST"),
    *("DOCKER_CONTEXT", "AIRFLOW__*", "PYSPARK_*", "SPARK_HOME", "SPARK_CONF_DIR", "SPARK_*_OPTS", "HADOOP_*"),
    *("TKN_PLUGINS_DIR", "RCLONE_*_COMMAND", "RCLONE_CONFIG", "GITHUB_*", "RUNNER_*", "ZENML_*", "ZPROF_*"),
    # what sends secrets elsewhere or drops protection
    *("*_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "CURL_HOME", "SSLKEYLOGFILE"),
    *("OPENSSL_*", "KRB5_*", "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "VAULT_SKIP_VERIFY", "NETRC"),
    *("AWS_CONTAINER_*", "AWS_EC2_METADATA_*", "AWS_WEB_IDENTITY_TOKEN_FILE", "GCE_METADATA_*"),
    *("AZURE_AUTHORITY_HOST", "AZURE_POD_IDENTITY_*", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"),
)
"""Patterns of names, compared in capitals."""

FILES = frozenset(
    {
        *("AIRFLOW_HOME", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "DOCKER_CONFIG"),
        *("FEAST_FS_YAML_FILE_PATH", "GE_HOME", "GOOGLE_APPLICATION_CREDENTIALS", "GX_HOME", "KUBECONFIG"),
        *("SAGEMAKER_ADMIN_CONFIG_OVERRIDE", "SAGEMAKER_USER_CONFIG_OVERRIDE", "VAULT_CACERT", "VAULT_CAPATH"),
        *("VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY"),
    }
)
"""Variables that name a file which a program trusts, or runs what it says. Whoever chooses the file chooses that."""


def is_never_set(name: str) -> bool:
    """Whether no stack may set a variable, of whatever store."""
    from fnmatch import fnmatchcase  # for custom flavors alone

    return any(fnmatchcase(name.upper(), pattern) for pattern in NEVER)

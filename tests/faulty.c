/* Stands between a program and the C library: the n-th call of a kind fails, kills the process, or each one is slow.

   cc -shared -fPIC -o faulty.so faulty.c; LD_PRELOAD=./faulty.so program, which then calls `arm` of itself. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { KILLED = 0, SLOW = -1 };

static char armed[16];
static int left, effect;

/* Let the `nth` next call of a kind, "write", "sync" or "unlink", have an effect: an errno, or one of the above. */
void arm(const char *call, int nth, int how) {
    strncpy(armed, call, sizeof armed - 1);
    left = nth;
    effect = how;
}

/* How many calls are still to come before the effect; the number that was armed less those that were seen. */
int calls_left(void) {
    return left;
}

static int strikes(const char *call) {
    if (strcmp(call, armed) != 0)
        return 0;
    if (effect == SLOW) {
        usleep(10000);
        return 0;
    }
    if (--left != 0)
        return 0;
    if (effect == KILLED)
        kill(getpid(), SIGKILL);
    errno = effect;
    return 1;
}

#define BETWEEN(call, type, name, parameters, arguments)                                                              \
    type name parameters {                                                                                            \
        static type(*real) parameters;                                                                                \
        if (real == NULL)                                                                                             \
            real = (type(*) parameters)dlsym(RTLD_NEXT, #name);                                                       \
        return strikes(call) ? -1 : real arguments;                                                                   \
    }

BETWEEN("write", ssize_t, pwrite, (int file, const void *bytes, size_t size, off_t offset), (file, bytes, size, offset))
BETWEEN("write", ssize_t, pwrite64, (int file, const void *bytes, size_t size, off64_t offset),
        (file, bytes, size, offset))
BETWEEN("sync", int, fsync, (int file), (file))
BETWEEN("sync", int, fdatasync, (int file), (file))
BETWEEN("unlink", int, unlink, (const char *path), (path))

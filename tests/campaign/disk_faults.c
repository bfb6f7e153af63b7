/* Calls that fail as they do on odd or failing disks, chosen by the environment: each variable holds an errno.
   SHIM_FLOCK: locks. SHIM_LINK: hard links. SHIM_FSYNCDIR: fsync of a folder.
   SHIM_OPEN: opening a .h5 file to read it, after SHIM_AFTER that went well, SHIM_WIDTH times (always unless given). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int number(const char *name) {
    const char *text = getenv(name);
    return text ? atoi(text) : 0;
}

static int fails(const char *name) {
    int wanted = number(name);
    if (wanted) errno = wanted;
    return wanted;
}

#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int flock(int handle, int operation) {
    NEXT(flock);
    return fails("SHIM_FLOCK") ? -1 : next(handle, operation);
}

int fsync(int handle) {
    struct stat about;
    NEXT(fsync);
    return !fstat(handle, &about) && S_ISDIR(about.st_mode) && fails("SHIM_FSYNCDIR") ? -1 : next(handle);
}

int link(const char *from, const char *to) {
    NEXT(link);
    return fails("SHIM_LINK") ? -1 : next(from, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags) {
    NEXT(linkat);
    return fails("SHIM_LINK") ? -1 : next(a, from, b, to, flags);
}

static int refused(const char *path, int flags) {
    static int opened;
    size_t length = path ? strlen(path) : 0;
    if (!number("SHIM_OPEN") || flags & (O_WRONLY | O_RDWR) || length < 3 || strcmp(path + length - 3, ".h5")) return 0;
    int nth = opened++ - number("SHIM_AFTER"), width = number("SHIM_WIDTH");
    return nth >= 0 && (!width || nth < width) && fails("SHIM_OPEN");
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        mode_t mode = 0; \
        if (flags & O_CREAT) { \
            va_list rest; \
            va_start(rest, flags); \
            mode = va_arg(rest, mode_t); \
            va_end(rest); \
        } \
        NEXT(name); \
        return refused(path, flags) ? -1 : next(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

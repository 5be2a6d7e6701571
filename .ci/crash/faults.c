/* Preloaded into the program under test: counts the calls by which it changes (or reads) files below a folder, and
 * disturbs one of them. It stands between the program and the C library, so it needs nothing of the program itself.
 *
 *   FAULT_BELOW  paths that count begin so           FAULT_LOG  a file that gets a line `N CALL PATH` for each call
 *   FAULT_SET    change | read                       FAULT_AT   the call to be disturbed, from 1; 0 = none
 *   FAULT_DO     kill       SIGKILL in place of the call
 *                torn       half of the bytes are written, then SIGKILL
 *                term, int  the signal, then the call
 *                full       from here on nothing new finds room (ENOSPC); the first write is cut in half
 *                dead       from here on every such call fails with EIO
 *                stale      as `dead`, but only fsync and fdatasync fail
 *                error:N    the call fails with errno N, later ones do not
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum set { CHANGE, READ };
enum what { NONE, KILL, TORN, SIGNAL, FULL, DEAD, STALE, ERROR };

static const char *below;
static int log_fd = -1, number;
static long at;
static enum set wanted;
static enum what what;
static atomic_long count;

__attribute__((constructor)) static void start(void) {
    const char *log = getenv("FAULT_LOG"), *todo = getenv("FAULT_DO"), *n = getenv("FAULT_AT"), *set = getenv("FAULT_SET");
    below = getenv("FAULT_BELOW");
    at = n ? atol(n) : 0;
    wanted = set && !strcmp(set, "read") ? READ : CHANGE;
    if (log) {
        int fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        log_fd = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900);
        syscall(SYS_close, fd);
    }
    if (!todo) return;
    if (!strcmp(todo, "kill")) what = KILL;
    if (!strcmp(todo, "torn")) what = TORN;
    if (!strcmp(todo, "full")) what = FULL;
    if (!strcmp(todo, "dead")) what = DEAD;
    if (!strcmp(todo, "stale")) what = STALE;
    if (!strcmp(todo, "term")) what = SIGNAL, number = SIGTERM;
    if (!strcmp(todo, "int")) what = SIGNAL, number = SIGINT;
    if (!strncmp(todo, "error:", 6)) what = ERROR, number = atoi(todo + 6);
}

/* What is to be done with a call: nothing, fail with errno, or write no more than `*cut` bytes. */
static int meet(enum set set, const char *call, int takes_room, const char *path, size_t *cut) {
    if (!below || set != wanted || !path || strncmp(path, below, strlen(below))) return 0;
    long n = atomic_fetch_add(&count, 1) + 1;
    if (log_fd >= 0) {
        char line[4400];
        int length = snprintf(line, sizeof line, "%ld %s %s\n", n, call, path + strlen(below));
        syscall(SYS_write, log_fd, line, length);
    }
    if (!at || n < at || (n > at && what != FULL && what != DEAD && what != STALE)) return 0;
    switch (what) {
    case KILL: kill(getpid(), SIGKILL); pause(); return 0;
    case TORN: if (cut) { *cut /= 2; return -1; } kill(getpid(), SIGKILL); pause(); return 0;
    case SIGNAL: kill(getpid(), number); return 0;
    case FULL: if (!takes_room) return 0;
        if (cut && n == at && *cut > 1) { *cut /= 2; return 0; }
        return ENOSPC;
    case DEAD: return EIO;
    case STALE: return strstr(call, "sync") ? EIO : 0;
    case ERROR: return number;
    default: return 0;
    }
}

static const char *of_fd(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = syscall(SYS_readlinkat, AT_FDCWD, link, path, 4095);
    if (n < 0) return NULL;
    path[n] = 0;
    return path;
}

/* The path by which a call names a file: as given, or below an open folder. Relative names are taken as the program's
 * own business: the test calls it with absolute ones. */
static const char *of_at(int fd, const char *name, char *path) {
    if (name[0] == '/' || fd == AT_FDCWD) return name;
    if (!of_fd(fd, path)) return NULL;
    size_t n = strlen(path);
    snprintf(path + n, 4096 - n, "/%s", name);
    return path;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FAIL(e, value) do { int code = (e); if (code > 0) { errno = code; return value; } } while (0)
#define TEAR(e) do { if ((e) < 0) { kill(getpid(), SIGKILL); pause(); } } while (0)

ssize_t write(int fd, const void *bytes, size_t n) {
    REAL(write); char p[4096];
    int e = meet(CHANGE, "write", 1, of_fd(fd, p), &n); FAIL(e, -1);
    ssize_t done = real(fd, bytes, n); TEAR(e); return done;
}
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t to) {
    REAL(pwrite64); char p[4096];
    int e = meet(CHANGE, "pwrite", 1, of_fd(fd, p), &n); FAIL(e, -1);
    ssize_t done = real(fd, bytes, n, to); TEAR(e); return done;
}
ssize_t writev(int fd, const struct iovec *v, int n) {
    REAL(writev); char p[4096]; FAIL(meet(CHANGE, "writev", 1, of_fd(fd, p), NULL), -1); return real(fd, v, n);
}
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t n, unsigned flags) {
    REAL(copy_file_range); char p[4096];
    int e = meet(CHANGE, "copy_file_range", 1, of_fd(out, p), &n); FAIL(e, -1);
    ssize_t done = real(in, from, out, to, n, flags); TEAR(e); return done;
}
ssize_t sendfile64(int out, int in, off64_t *from, size_t n) {
    REAL(sendfile64); char p[4096];
    int e = meet(CHANGE, "sendfile", 1, of_fd(out, p), &n); FAIL(e, -1);
    ssize_t done = real(out, in, from, n); TEAR(e); return done;
}
int fsync(int fd) { REAL(fsync); char p[4096]; FAIL(meet(CHANGE, "fsync", 0, of_fd(fd, p), NULL), -1); return real(fd); }
int fdatasync(int fd) { REAL(fdatasync); char p[4096]; FAIL(meet(CHANGE, "fdatasync", 0, of_fd(fd, p), NULL), -1); return real(fd); }
int ftruncate64(int fd, off64_t n) { REAL(ftruncate64); char p[4096]; FAIL(meet(CHANGE, "ftruncate", 0, of_fd(fd, p), NULL), -1); return real(fd, n); }
int fchmod(int fd, mode_t mode) { REAL(fchmod); char p[4096]; FAIL(meet(CHANGE, "fchmod", 0, of_fd(fd, p), NULL), -1); return real(fd, mode); }
int chmod(const char *path, mode_t mode) { REAL(chmod); FAIL(meet(CHANGE, "chmod", 0, path, NULL), -1); return real(path, mode); }
int rename(const char *from, const char *to) { REAL(rename); FAIL(meet(CHANGE, "rename", 0, to, NULL), -1); return real(from, to); }
int renameat(int a, const char *from, int b, const char *to) { REAL(renameat); char p[4096]; FAIL(meet(CHANGE, "rename", 0, of_at(b, to, p), NULL), -1); return real(a, from, b, to); }
int renameat2(int a, const char *from, int b, const char *to, unsigned f) { REAL(renameat2); char p[4096]; FAIL(meet(CHANGE, "rename", 0, of_at(b, to, p), NULL), -1); return real(a, from, b, to, f); }
int link(const char *from, const char *to) { REAL(link); FAIL(meet(CHANGE, "link", 1, to, NULL), -1); return real(from, to); }
int linkat(int a, const char *from, int b, const char *to, int f) { REAL(linkat); char p[4096]; FAIL(meet(CHANGE, "link", 1, of_at(b, to, p), NULL), -1); return real(a, from, b, to, f); }
int symlink(const char *to, const char *path) { REAL(symlink); FAIL(meet(CHANGE, "symlink", 1, path, NULL), -1); return real(to, path); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); FAIL(meet(CHANGE, "mkdir", 1, path, NULL), -1); return real(path, mode); }
int unlink(const char *path) { REAL(unlink); FAIL(meet(CHANGE, "unlink", 0, path, NULL), -1); return real(path); }
int unlinkat(int fd, const char *name, int f) { REAL(unlinkat); char p[4096]; FAIL(meet(CHANGE, "unlink", 0, of_at(fd, name, p), NULL), -1); return real(fd, name, f); }
int rmdir(const char *path) { REAL(rmdir); FAIL(meet(CHANGE, "rmdir", 0, path, NULL), -1); return real(path); }

static int meet_open(int flags, const char *path) {
    return flags & O_CREAT ? meet(CHANGE, "create", path && access(path, F_OK), path, NULL) : meet(READ, "open", 0, path, NULL);
}
#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }
int open(const char *path, int flags, ...) { REAL(open); MODE FAIL(meet_open(flags, path), -1); return real(path, flags, mode); }
int open64(const char *path, int flags, ...) { REAL(open64); MODE FAIL(meet_open(flags, path), -1); return real(path, flags, mode); }
int openat64(int fd, const char *name, int flags, ...) { REAL(openat64); MODE char p[4096]; FAIL(meet_open(flags, of_at(fd, name, p)), -1); return real(fd, name, flags, mode); }

ssize_t read(int fd, void *bytes, size_t n) { REAL(read); char p[4096]; FAIL(meet(READ, "read", 0, of_fd(fd, p), NULL), -1); return real(fd, bytes, n); }
ssize_t pread64(int fd, void *bytes, size_t n, off64_t from) { REAL(pread64); char p[4096]; FAIL(meet(READ, "pread", 0, of_fd(fd, p), NULL), -1); return real(fd, bytes, n, from); }
DIR *opendir(const char *path) { REAL(opendir); FAIL(meet(READ, "opendir", 0, path, NULL), NULL); return real(path); }
struct dirent64 *readdir64(DIR *dir) { REAL(readdir64); char p[4096]; FAIL(meet(READ, "readdir", 0, of_fd(dirfd(dir), p), NULL), NULL); return real(dir); }
int stat64(const char *path, struct stat64 *s) { REAL(stat64); FAIL(meet(READ, "stat", 0, path, NULL), -1); return real(path, s); }
int lstat64(const char *path, struct stat64 *s) { REAL(lstat64); FAIL(meet(READ, "lstat", 0, path, NULL), -1); return real(path, s); }
int fstat64(int fd, struct stat64 *s) { REAL(fstat64); char p[4096]; FAIL(meet(READ, "fstat", 0, of_fd(fd, p), NULL), -1); return real(fd, s); }
int statx(int fd, const char *restrict name, int flags, unsigned mask, struct statx *restrict s) {
    /* The program may ask with no name at all, to learn whether there is such a call. */
    REAL(statx); char p[4096]; const char *volatile asked = name; const char *given = asked ? asked : "";
    FAIL(meet(READ, "statx", 0, *given ? of_at(fd, given, p) : of_fd(fd, p), NULL), -1); return real(fd, name, flags, mask, s);
}
ssize_t readlink(const char *restrict path, char *restrict to, size_t n) { REAL(readlink); FAIL(meet(READ, "readlink", 0, path, NULL), -1); return real(path, to, n); }
char *realpath(const char *restrict path, char *restrict to) { REAL(realpath); FAIL(meet(READ, "realpath", 0, path, NULL), NULL); return real(path, to); }

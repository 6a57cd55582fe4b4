/* Preloaded into a process under test: makes files under one directory fail, steps the wall clock, records writes.
 *
 * TOMMA_SHIM_CONTROL names a file of `struct control`, shared with the harness, which may change it at any time.
 * TOMMA_SHIM_UNDER is the directory whose files are concerned. TOMMA_SHIM_RECORD, if set, names a file to which every
 * change of those files and of their names is appended: struct entry, the name, the bytes.
 * Only what SQLite and Python call is replaced. A server in Go calls the kernel itself and is not concerned.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
    int64_t clock_step_s;    /* added to the wall clock */
    int32_t write_permille;  /* how many of a thousand writes fail */
    int32_t sync_permille;   /* how many of a thousand fsync and fdatasync fail */
    int32_t error_number;    /* with what */
    int32_t failed;          /* how many have failed: counted here */
    int32_t steps;           /* writes, syncs and sends so far: counted here */
    int32_t die_after;       /* kill -9 of this process right after that step; 0: never */
};

struct entry {
    uint8_t kind;            /* of a file: 'w' write, 't' truncate, 's' sync; of the directory: 'c' a new file has the
                                name, 'l' an old one has it, too, 'r' it has it in place of the name in the bytes,
                                'u' nobody has it, 'd' sync */
    uint8_t name_length;
    uint16_t unused;
    uint32_t length;
    uint64_t offset;
    uint64_t inode;
};

static struct control *control;
static const char *under;
static int record = -1;
static unsigned int seed;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("TOMMA_SHIM_CONTROL"), *log = getenv("TOMMA_SHIM_RECORD");
    under = getenv("TOMMA_SHIM_UNDER");
    seed = (unsigned int)getpid();
    if (path) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        void *shared = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        control = shared == MAP_FAILED ? NULL : shared;
        if (fd >= 0)
            close(fd);
    }
    if (log)
        record = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int lies_under(const char *path)
{
    return under && path && !strncmp(path, under, strlen(under));
}

/* The path of a regular file under the directory, or of the directory itself, or NULL. */
static const char *concerned(int fd, char *path, struct stat *is)
{
    char link[64];
    ssize_t length;
    if (!under || !control || fd == record || fstat(fd, is) || !(S_ISREG(is->st_mode) || S_ISDIR(is->st_mode)))
        return NULL;
    char digits[16];
    int place = 0;
    for (int rest = fd; rest || !place; rest /= 10)
        digits[place++] = (char)('0' + rest % 10);
    strcpy(link, "/proc/self/fd/");
    size_t end = strlen(link);
    while (place)
        link[end++] = digits[--place];
    link[end] = 0;
    length = readlink(link, path, 255);
    if (length <= 0)
        return NULL;
    path[length] = 0;
    return lies_under(path) ? path : NULL;
}

static int fails(int permille)
{
    if (permille <= 0 || (int)(rand_r(&seed) % 1000u) >= permille)
        return 0;
    __sync_fetch_and_add(&control->failed, 1);
    errno = control->error_number;
    return 1;
}

static void note(char kind, const char *path, uint64_t inode, uint64_t offset, const void *bytes, uint32_t length)
{
    if (record < 0)
        return;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    struct entry entry = {(uint8_t)kind, (uint8_t)strlen(name), 0, length, offset, inode};
    __typeof__(&write) real = REAL(write);
    pthread_mutex_lock(&turn);
    if (real(record, &entry, sizeof entry) < 0 || real(record, name, entry.name_length) < 0 ||
        (bytes && real(record, bytes, length) < 0))
        abort();
    pthread_mutex_unlock(&turn);
}

static void step(void)
{
    if (control && __sync_add_and_fetch(&control->steps, 1) == control->die_after)
        kill(getpid(), SIGKILL);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    char path[256];
    struct stat is;
    const char *mine = concerned(fd, path, &is);
    if (mine && fails(control->write_permille))
        return -1;
    ssize_t done = REAL(pwrite64)(fd, bytes, count, offset);
    if (mine && done > 0) {
        note('w', mine, is.st_ino, (uint64_t)offset, bytes, (uint32_t)done);
        step();
    }
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    return pwrite64(fd, bytes, count, offset);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    char path[256];
    struct stat is;
    const char *mine = concerned(fd, path, &is);
    if (mine && fails(control->write_permille))
        return -1;
    off_t offset = mine ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = REAL(write)(fd, bytes, count);
    if (mine && done > 0) {
        note('w', mine, is.st_ino, (uint64_t)offset, bytes, (uint32_t)done);
        step();
    }
    return done;
}

static int synced(int fd, int (*real)(int))
{
    char path[256];
    struct stat is;
    const char *mine = concerned(fd, path, &is);
    if (mine && fails(control->sync_permille))
        return -1;
    int done = real(fd);
    if (mine && !done) {
        note(S_ISDIR(is.st_mode) ? 'd' : 's', mine, is.st_ino, 0, NULL, 0);
        step();
    }
    return done;
}

int fsync(int fd)
{
    return synced(fd, REAL(fsync));
}

int fdatasync(int fd)
{
    return synced(fd, REAL(fdatasync));
}

int ftruncate64(int fd, off64_t length)
{
    char path[256];
    struct stat is;
    const char *mine = concerned(fd, path, &is);
    int done = REAL(ftruncate64)(fd, length);
    if (mine && !done)
        note('t', mine, is.st_ino, (uint64_t)length, NULL, 0);
    return done;
}

int ftruncate(int fd, off_t length)
{
    return ftruncate64(fd, length);
}

static int opened(const char *path, int flags, mode_t mode, int (*real)(const char *, int, ...))
{
    struct stat is;
    int mine = record >= 0 && lies_under(path) && (flags & (O_CREAT | O_TRUNC));
    int was_there = mine && !stat(path, &is);
    int fd = real(path, flags, mode);
    if (mine && fd >= 0 && !fstat(fd, &is) && S_ISREG(is.st_mode)) {
        if (!was_there)
            note('c', path, is.st_ino, 0, NULL, 0);
        else if (flags & O_TRUNC)
            note('t', path, is.st_ino, 0, NULL, 0);
    }
    return fd;
}

/* open64 is all that SQLite and Python call where a file may be larger than 2 GB; the other is for good measure. */
int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? (mode_t)va_arg(rest, int) : 0;
    va_end(rest);
    return opened(path, flags, mode, REAL(open64));
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? (mode_t)va_arg(rest, int) : 0;
    va_end(rest);
    return opened(path, flags, mode, REAL(open));
}

int unlink(const char *path)
{
    int done = REAL(unlink)(path);
    if (lies_under(path) && !done)
        note('u', path, 0, 0, NULL, 0);
    return done;
}

static void renamed(char kind, const char *from, const char *to)
{
    struct stat is;
    const char *slash = strrchr(from, '/');
    const char *former = slash ? slash + 1 : from;
    if (lies_under(to) && !stat(to, &is))
        note(kind, to, is.st_ino, 0, former, (uint32_t)strlen(former));
}

int rename(const char *from, const char *to)
{
    int done = REAL(rename)(from, to);
    if (!done)
        renamed('r', from, to);
    return done;
}

int link(const char *from, const char *to)
{
    int done = REAL(link)(from, to);
    if (!done)
        renamed('l', from, to);
    return done;
}

ssize_t send(int fd, const void *bytes, size_t count, int flags)
{
    ssize_t done = REAL(send)(fd, bytes, count, flags);
    if (done > 0)
        step();
    return done;
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    int done = REAL(clock_gettime)(which, now);
    if (!done && control && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        now->tv_sec += control->clock_step_s;
    return done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int done = REAL(gettimeofday)(now, zone);
    if (!done && control)
        now->tv_sec += control->clock_step_s;
    return done;
}

time_t time(time_t *into)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into)
        *into = now.tv_sec;
    return now.tv_sec;
}

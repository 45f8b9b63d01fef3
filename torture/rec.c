/*
 * LD_PRELOAD recorder: everything that is written below $REC_DIRECTORY goes into $REC_LOG, in order, with the calls that make
 * it durable. A record: op (1 byte), file (2), offset (8), length (4), data; little-endian. Memory maps are not seen: SQLite
 * maps only -shm, which a crash may lose.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NAME = 'N', OPEN = 'O', WRITE = 'W', CUT = 'T', SYNC = 'S', RENAME = 'R', UNLINK = 'U' };
#define MOST_FDS 4096
#define MOST_FILES 1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *names[MOST_FILES];
static int files = 0;
static int file_of[MOST_FDS]; /* number of the file + 1, or 0 */
static int log_fd = -2;

static void put(const void *data, size_t size) {
  const char *at = data;
  while (size > 0) {
    long n = syscall(SYS_write, log_fd, at, size);
    if (n <= 0) _exit(99);
    at += n;
    size -= n;
  }
}

static void record(char op, int file, uint64_t offset, uint32_t length, const void *data) {
  unsigned char head[15];
  uint16_t f = file;
  head[0] = op;
  memcpy(head + 1, &f, 2);
  memcpy(head + 3, &offset, 8);
  memcpy(head + 11, &length, 4);
  put(head, sizeof head);
  if (data) put(data, length);
}

/* The number of a path below the directory, or -1. */
static int number(const char *path) {
  const char *directory = getenv("REC_DIRECTORY");
  if (log_fd == -2) log_fd = getenv("REC_LOG") ? syscall(SYS_openat, AT_FDCWD, getenv("REC_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  if (log_fd < 0 || !directory || !path || strncmp(path, directory, strlen(directory))) return -1;
  for (int i = 0; i < files; i++)
    if (!strcmp(names[i], path)) return i;
  if (files == MOST_FILES) _exit(98);
  names[files] = strdup(path);
  record(NAME, files, 0, strlen(path), path);
  return files++;
}

static void opened(int fd, const char *path, int flags) {
  if (fd < 0 || fd >= MOST_FDS) return;
  pthread_mutex_lock(&lock);
  int file = number(path);
  file_of[fd] = file + 1;
  if (file >= 0) record(OPEN, file, flags & O_TRUNC ? 1 : 0, 0, 0);
  pthread_mutex_unlock(&lock);
}

static void happened(char op, int fd, uint64_t offset, uint32_t length, const void *data) {
  if (fd < 0 || fd >= MOST_FDS || !file_of[fd]) return;
  pthread_mutex_lock(&lock);
  record(op, file_of[fd] - 1, offset, length, data);
  pthread_mutex_unlock(&lock);
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, int); va_end(list); }

int open(const char *path, int flags, ...) { MODE int fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode); opened(fd, path, flags); return fd; }
int open64(const char *path, int flags, ...) { MODE int fd = syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode); opened(fd, path, flags); return fd; }

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name)

int close(int fd) { REAL(close); if (fd >= 0 && fd < MOST_FDS) file_of[fd] = 0; return real(fd); }

static ssize_t wrote(int fd, const void *data, ssize_t n, off_t offset) {
  if (n > 0) happened(WRITE, fd, offset, n, data);
  return n;
}
ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  ssize_t n = real(fd, data, size);
  if (n > 0 && fd < MOST_FDS && fd >= 0 && file_of[fd]) return wrote(fd, data, n, lseek(fd, 0, SEEK_CUR) - n);
  return n;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { REAL(pwrite); return wrote(fd, data, real(fd, data, size, offset), offset); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) { REAL(pwrite64); return wrote(fd, data, real(fd, data, size, offset), offset); }

static ssize_t wrotev(int fd, const struct iovec *parts, int count, ssize_t n, off_t offset) {
  ssize_t left = n;
  for (int i = 0; i < count && left > 0; i++) {
    ssize_t size = (ssize_t)parts[i].iov_len < left ? (ssize_t)parts[i].iov_len : left;
    wrote(fd, parts[i].iov_base, size, offset);
    offset += size;
    left -= size;
  }
  return n;
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  ssize_t n = real(fd, parts, count);
  if (n > 0 && fd >= 0 && fd < MOST_FDS && file_of[fd]) return wrotev(fd, parts, count, n, lseek(fd, 0, SEEK_CUR) - n);
  return n;
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) { REAL(pwritev); return wrotev(fd, parts, count, real(fd, parts, count, offset), offset); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) { REAL(pwritev64); return wrotev(fd, parts, count, real(fd, parts, count, offset), offset); }

#define AFTER(call, op, offset) int result = call; if (result == 0) happened(op, fd, offset, 0, 0); return result
int ftruncate(int fd, off_t size) { REAL(ftruncate); AFTER(real(fd, size), CUT, size); }
int ftruncate64(int fd, off64_t size) { REAL(ftruncate64); AFTER(real(fd, size), CUT, size); }
int fsync(int fd) { REAL(fsync); AFTER(real(fd), SYNC, 0); }
int fdatasync(int fd) { REAL(fdatasync); AFTER(real(fd), SYNC, 0); }

int unlink(const char *path) {
  REAL(unlink);
  int result = real(path);
  pthread_mutex_lock(&lock);
  int file = result == 0 ? number(path) : -1;
  if (file >= 0) record(UNLINK, file, 0, 0, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int rename(const char *from, const char *to) {
  REAL(rename);
  int result = real(from, to);
  pthread_mutex_lock(&lock);
  int file = result == 0 ? number(from) : -1, other = result == 0 ? number(to) : -1;
  if (file >= 0) record(RENAME, file, other, 0, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

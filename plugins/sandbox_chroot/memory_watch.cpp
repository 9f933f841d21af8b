#include "plugins/sandbox_chroot/memory_watch.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

namespace tellina::launcher {
namespace {

/// Milliseconds between two checks.
constexpr std::int64_t usual_pause = 250;
/// The interval if nothing has changed between the last two checks, so that an idle sandbox costs next to nothing.
constexpr std::int64_t quiet_pause = 1000;
/// The interval after a check that found too much, and after a kill: dead processes return their memory, and others may
/// then hold more of what was shared.
constexpr std::int64_t urgent_pause = 50;
/// After a slow check, the pause is this many times the duration of the check, up to quiet_pause.
constexpr std::int64_t pause_factor = 10;

/// Kernel memory in KiB that is counted for an open file: half of a pipe's 64 KiB, as a pipe has two ends. The 128
/// watches of an epoll instance and the buffer of a /proc file are about as large.
constexpr std::uint64_t held_by_file = 32;
/// How many locks on parts of files, of 192 bytes each, the programs of a sandbox may hold; a database needs a few. The
/// watch counts no further, because the kernel reads the list from its start for every page, and blocks other lockers
/// meanwhile.
constexpr std::uint64_t most_locks = 4096;
/// The kernel's objects for this many mappings fill one page. A mapping has at least one page.
constexpr std::uint64_t mappings_in_page = 16;
constexpr std::uint64_t kibibytes_in_page = 4;

struct Program {
  int process;
  std::uint64_t memory;  ///< KiB
  std::uint64_t kernel;  ///< KiB of kernel objects

  std::uint64_t held() const { return memory + kernel; }
};

/// More than the number of processes of a session. Unused parts of the array take no memory.
constexpr std::size_t most_programs = 32768;
Program programs[most_programs];
std::size_t program_count = 0;

std::int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

/// Reads the beginning of a small file below /proc, NUL-terminated. Returns false if the file can't be read.
template <std::size_t capacity>
bool read_text(int directory, const char* path, char (&text)[capacity]) {
  const int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const ssize_t size = read(file, text, capacity - 1);
  close(file);
  if (size <= 0) return false;
  text[size] = '\0';
  return true;
}

/// The number after "\nNAME:"; 0 if there is none.
std::uint64_t number_of(const char* text, const char* name) {
  const char* const found = std::strstr(text, name);
  return found == nullptr ? 0 : std::strtoull(found + std::strlen(name), nullptr, 10);
}

/// Calls `use` with each directory entry that is a number.
template <class Use>
void for_each_number(int directory, Use use) {
  alignas(dirent64) char entries[16 * 1024];
  lseek(directory, 0, SEEK_SET);
  for (;;) {
    const long size = syscall(SYS_getdents64, directory, entries, sizeof entries);
    if (size <= 0) return;
    for (long at = 0; at < size;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      if (const int number = std::atoi(entry->d_name); number > 0) use(number);
    }
  }
}

/// Reads the memory figures of a status file. Returns false if it has none, because the process or thread has ended.
bool read_memory(const char* status, Program& program) {
  const std::uint64_t size = number_of(status, "\nVmSize:");
  program.memory = number_of(status, "\nRssAnon:") + number_of(status, "\nRssShmem:") + number_of(status, "\nVmSwap:") +
                   number_of(status, "\nHugetlbPages:");
  program.kernel = number_of(status, "\nVmPTE:") + size / mappings_in_page;
  return size > 0;
}

/// A process whose first thread has ended looks dead, but its other threads still hold the memory.
void read_memory_of_threads(int processes, Program& program) {
  char path[64];
  std::snprintf(path, sizeof path, "%d/task", program.process);
  const int tasks = openat(processes, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (tasks < 0) return;
  bool is_found = false;
  for_each_number(tasks, [&](int thread) {
    char status[4096];
    std::snprintf(path, sizeof path, "%d/status", thread);
    is_found = is_found || (read_text(tasks, path, status) && read_memory(status, program));
  });
  close(tasks);
}

/// How many files a process has open. Since Linux 6.2 the size of /proc/PID/fd says it. On older kernels this counts
/// the entries, or uses the size of the process's table if it may not read them.
std::uint64_t count_files(int processes, int process, const char* status) {
  char path[32];
  std::snprintf(path, sizeof path, "%d/fd", process);
  struct stat folder;
  if (fstatat(processes, path, &folder, 0) == 0 && folder.st_size > 0) {
    return static_cast<std::uint64_t>(folder.st_size);
  }
  const int files = openat(processes, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (files < 0) return number_of(status, "\nFDSize:");
  std::uint64_t count = 1;  // for_each_number leaves 0 out
  for_each_number(files, [&](int) { ++count; });
  close(files);
  return count;
}

/// How much memory a program holds, alone or shared with others; nothing if it has ended.
void measure(int processes, Program& program) {
  char path[32];
  char status[4096];
  program.memory = 0;
  program.kernel = 0;
  std::snprintf(path, sizeof path, "%d/status", program.process);
  if (!read_text(processes, path, status)) return;
  if (!read_memory(status, program) && number_of(status, "\nThreads:") > 1) read_memory_of_threads(processes, program);
  if (program.held() > 0) program.kernel += count_files(processes, program.process, status) * held_by_file;
}

void list_programs(int processes) {
  program_count = 0;
  for_each_number(processes, [&](int process) {
    if (process == 1 || program_count == most_programs) return;
    Program& program = programs[program_count++];
    program.process = process;
    measure(processes, program);
  });
}

std::uint64_t sum_up() {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < program_count; ++i) sum += programs[i].held();
  return sum;
}

/// The number of lines of a file; stops soon after `most`. Returns 0 if the file can't be read.
std::uint64_t count_lines(int directory, const char* path, std::uint64_t most) {
  const int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[16 * 1024];
  std::uint64_t lines = 0;
  ssize_t size;
  while (lines < most && (size = read(file, text, sizeof text)) > 0) {
    lines += static_cast<std::uint64_t>(std::count(text, text + size, '\n'));
  }
  close(file);
  return lines;
}

/// Counts memory that forks share in parts, and counts the mappings. This reads page tables, so it only runs if the
/// result may matter. A program that is not dumpable counts in full, and one that has ended counts as nothing.
void count_exactly(int processes) {
  for (std::size_t i = 0; i < program_count; ++i) {
    Program& program = programs[i];
    char path[32];
    char sums[2048];
    char status[4096];
    if (program.held() == 0) continue;
    std::snprintf(path, sizeof path, "%d/smaps_rollup", program.process);
    const bool is_open = read_text(processes, path, sums);
    measure(processes, program);
    if (!is_open || program.held() == 0) continue;
    program.memory = number_of(sums, "\nPss_Anon:") + number_of(sums, "\nPss_Shmem:") + number_of(sums, "\nSwapPss:");
    std::snprintf(path, sizeof path, "%d/status", program.process);
    if (!read_text(processes, path, status)) continue;
    const std::uint64_t most = number_of(status, "\nVmSize:") / kibibytes_in_page;
    std::snprintf(path, sizeof path, "%d/maps", program.process);
    const std::uint64_t mappings = count_lines(processes, path, most);
    const std::uint64_t excess = most > mappings ? most - mappings : 0;
    program.kernel -= std::min(program.kernel, excess * kibibytes_in_page / mappings_in_page);
  }
}

/// Uses a descriptor, which can never refer to another process.
void kill_program(int processes, const Program& program) {
  char path[16];
  std::snprintf(path, sizeof path, "%d", program.process);
  const int directory = openat(processes, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  syscall(SYS_pidfd_send_signal, directory, SIGKILL, nullptr, 0);
  close(directory);
}

}  // namespace

void MemoryWatch::begin(int processes, std::uint64_t limit_in_bytes) {
  m_processes = processes;
  m_limit = limit_in_bytes / 1024;
  m_due = now() + usual_pause;
  // A socket's buffer may exceed its size by one message of the same size. No program of a sandbox can enlarge it.
  char text[32];
  constexpr std::uint64_t usual_buffer = 212'992;  // bytes, of a kernel with pages of 4 KiB
  const bool is_read = read_text(AT_FDCWD, "/proc/sys/net/core/wmem_default", text);
  m_socket = 2 * (is_read ? std::strtoull(text, nullptr, 10) : usual_buffer) / 1024;
}

int MemoryWatch::time_left() const {
  if (m_limit == 0) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(m_due - now(), 0, quiet_pause));
}

void MemoryWatch::check_if_due() {
  if (m_limit == 0) return;
  const std::int64_t begun = now();
  if (begun < m_due) return;
  const bool is_urgent = check();
  const std::int64_t ended = now();
  const std::int64_t rest = std::min((ended - begun) * pause_factor, quiet_pause);
  m_due = ended + (is_urgent ? urgent_pause : std::max(m_is_quiet ? quiet_pause : usual_pause, rest));
}

/// Kernel memory in KiB that belongs to the sandbox and to no single program.
std::uint64_t MemoryWatch::unattributed_memory() const {
  char text[512];
  // Init's network namespace is the sandbox's. The number includes sockets that wait for accept(2), and closed sockets
  // with a full buffer.
  const std::uint64_t sockets = read_text(m_processes, "1/net/sockstat", text) ? number_of(text, "sockets: used") : 0;
  const bool has_too_many_locks = count_lines(m_processes, "locks", most_locks) >= most_locks;
  return sockets * m_socket + (has_too_many_locks ? m_limit + 1 : 0);
}

bool MemoryWatch::check() {
  list_programs(m_processes);
  const std::uint64_t unattributed = unattributed_memory();
  std::uint64_t held = sum_up() + unattributed;
  if (held > m_limit) {
    count_exactly(m_processes);
    held = sum_up() + unattributed;
  }
  m_is_quiet = held == std::exchange(m_held, held);

  // A child of vfork(2) shares its parent's memory for a moment, and memory shared by forks may be counted while one of
  // them ends. An immediate second check shows which processes stay. After a kill it also gives the memory time to go.
  if (held <= m_limit) return m_is_over = false;
  if (!std::exchange(m_is_over, true)) return true;
  m_is_over = false;
  // Kernel memory that belongs to no single program goes with one of them. The next check shows whether with this one.
  std::uint64_t left = held - unattributed;
  do {
    // Of two programs that hold the same amount, chooses the later one, because the shell is the first.
    Program* largest = programs;
    for (std::size_t i = 1; i < program_count; ++i) {
      if (programs[i].held() >= largest->held()) largest = programs + i;
    }
    if (program_count == 0 || largest->held() == 0) break;
    kill_program(m_processes, *largest);
    left -= largest->held();
    largest->memory = 0;
    largest->kernel = 0;
  } while (left > m_limit);
  return true;
}

}  // namespace tellina::launcher

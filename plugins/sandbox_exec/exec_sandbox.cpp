#include "plugins/sandbox_exec/exec_sandbox.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "plugins/sandbox_exec/home_archive.hpp"

namespace tellina::exec_sandbox {

using namespace std::chrono_literals;
using sandbox_common::system_error;

namespace {

constexpr std::chrono::milliseconds restart_time = 10s;
constexpr std::chrono::milliseconds destroy_time = 10s;
/// Bytes of a packet for a list of files, and for each of them besides its name. Quotes and backslashes take two.
constexpr std::size_t most_of_a_packet = largest_packet / 4;
constexpr std::size_t list_overhead = 3;

/// A pipe, a socket or a terminal: what poll(2) can wait for.
bool can_be_waited_for(const Descriptor& descriptor) {
  struct stat status {};
  if (fstat(descriptor.get(), &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || S_ISCHR(status.st_mode);
}

/// The paths of the files whose content is wanted; nothing if that is all, or if the list is no text of a size that
/// fits into a packet.
std::optional<boost::json::array> wanted_files(const SnapshotRequest& request) {
  if (!request.content_of) return std::nullopt;
  boost::json::array files;
  std::size_t size = 0;
  for (const Bytes& path : *request.content_of) {
    size += path.size() + list_overhead;
    const bool is_plain = std::all_of(path.begin(), path.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
    if (!is_plain || size > most_of_a_packet) return std::nullopt;
    files.emplace_back(path);
  }
  return files;
}

}  // namespace

ExecSandbox::ExecSandbox(std::shared_ptr<ProgramClient> client, SandboxId id, OwnerId owner, Answer answer)
    : m_client(std::move(client)), m_id(std::move(id)), m_owner(std::move(owner)), m_run(answer.run) {
  take_shell(answer);
}

ExecSandbox::~ExecSandbox() {
  if (m_is_removed) return;
  try {
    m_client->post(ProgramClient::Request("destroy", fields()));
  } catch (const std::exception&) {
    // sweep() removes what is left.
  }
}

boost::json::object ExecSandbox::fields() const { return {{"sandbox", m_id}, {"owner", m_owner}}; }

ExecSandbox::Lock ExecSandbox::use() const {
  const auto check = [this] {
    if (m_is_ending) throw Error(ErrorCode::gone, "the sandbox has been destroyed");
  };
  check();
  Lock lock(m_mutex);
  check();
  return lock;
}

void ExecSandbox::take_shell(Answer& answer) {
  const std::string what = m_client->name() + ": sandbox " + m_id;
  if (answer.descriptors.size() != 2) {
    throw Error(ErrorCode::internal, what + ": expected two descriptors, the terminal and the shell's end, got " +
                                         std::to_string(answer.descriptors.size()));
  }
  if (!can_be_waited_for(answer.descriptors[0]) || !can_be_waited_for(answer.descriptors[1])) {
    throw Error(ErrorCode::internal, what + ": expected a terminal and a pipe as descriptors, got something else");
  }
  const int flags = fcntl(answer.descriptors[0].get(), F_GETFL);
  if ((flags & O_ACCMODE) != O_RDWR || fcntl(answer.descriptors[0].get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    throw Error(ErrorCode::internal, what + ": expected a terminal for reading and writing, got another descriptor");
  }
  auto end = std::make_shared<ShellEnd>(std::move(answer.descriptors[1]));
  m_client->watch(end);
  m_end = std::move(end);
  m_terminal = std::move(answer.descriptors[0]);
  m_is_local = isatty(m_terminal.get()) == 1;
  m_state = answer.text("state", what);
}

Answer ExecSandbox::call(std::string_view name, boost::json::object extra, const Deadline& deadline, const Lock&) {
  const std::uint64_t run = m_client->run();
  if (run != m_run) {
    if (!m_client->adopts()) throw Error(ErrorCode::gone, "the program that ran sandbox " + m_id + " has ended");
    // The shell's descriptors are those that are open already.
    boost::json::object adoption = fields();
    adoption["state"] = m_state;
    m_run = m_client->call(ProgramClient::Request("adopt", std::move(adoption)), deadline).run;
  }
  for (const auto& [key, value] : fields()) extra[key] = value;
  Answer answer = m_client->call(ProgramClient::Request(name, std::move(extra)), deadline);
  if (answer.run != m_run && !m_client->adopts()) {
    throw Error(ErrorCode::gone, "the program that ran sandbox " + m_id + " has ended");
  }
  m_run = answer.run;
  return answer;
}

int ExecSandbox::terminal() const {
  const Lock lock = use();
  return m_terminal.get();
}

int ExecSandbox::ended_descriptor() const {
  const Lock lock = use();
  return m_end->descriptor();
}

std::optional<ExitStatus> ExecSandbox::ended() {
  const Lock lock = use();
  return m_end->status();
}

void ExecSandbox::restart_shell(TerminalSize size) {
  const Lock lock = use();
  const Deadline deadline(m_client->clock(), restart_time, &m_interrupt);
  Answer answer = call("restart_shell", {{"columns", size.columns}, {"rows", size.rows}}, deadline, lock);
  take_shell(answer);
}

void ExecSandbox::resize(TerminalSize size) {
  const Lock lock = use();
  if (!m_is_local) {
    boost::json::object message = fields();
    message["columns"] = size.columns;
    message["rows"] = size.rows;
    return m_client->notify("resize", std::move(message));
  }
  winsize cells{};
  cells.ws_col = size.columns;
  cells.ws_row = size.rows;
  if (ioctl(m_terminal.get(), TIOCSWINSZ, &cells) != 0) throw system_error("resize the terminal", errno);
}

FileTree ExecSandbox::snapshot(const SnapshotRequest& request) {
  const Lock lock = use();
  const Deadline deadline(m_client->clock(), request.deadline, &m_interrupt);
  // The program stops early enough that what it has can still be read.
  const auto its_time = request.deadline - request.deadline / 5;
  boost::json::object limits = {{"max_entries", request.max_entries},
                                {"max_depth", request.max_depth},
                                {"max_content_per_file", request.max_content_per_file},
                                {"max_content_in_all", request.max_content_in_all},
                                {"deadline_ms", its_time.count()}};
  if (!request.unless.empty()) limits["unless"] = request.unless;
  if (auto wanted = wanted_files(request)) limits["content_of"] = std::move(*wanted);
  const Answer answer = call("snapshot", std::move(limits), deadline, lock);
  return read_home(request, answer, deadline);
}

FileTree ExecSandbox::read_home(const SnapshotRequest& request, const Answer& answer, const Deadline& deadline) const {
  const std::string what = m_client->name() + ": snapshot of sandbox " + m_id;
  if (answer.flag("unchanged", false, what)) {
    if (request.unless.empty() || !answer.descriptors.empty()) {
      throw Error(ErrorCode::internal, what +
                                           ": expected \"unchanged\" only as the answer to \"unless\", and without "
                                           "a descriptor");
    }
    FileTree same;
    same.version = request.unless;
    same.unchanged = true;
    return same;
  }
  if (answer.descriptors.size() != 1) {
    throw Error(ErrorCode::internal,
                what + ": expected one descriptor, a tar file, got " + std::to_string(answer.descriptors.size()));
  }
  FileTree tree = read_archive(answer.descriptors.front().get(), request, deadline);
  tree.truncated |= answer.flag("truncated", false, what);
  tree.raced |= answer.flag("raced", false, what);
  tree.version = answer.text("version", what);
  return tree;
}

Bytes ExecSandbox::state() const {
  const Lock lock = use();
  return m_state;
}

void ExecSandbox::destroy() {
  m_is_ending = true;
  m_interrupt.raise();
  const std::lock_guard lock(m_mutex);
  if (m_is_removed) return;
  const Deadline deadline(m_client->clock(), destroy_time, nullptr);
  try {
    m_client->call(ProgramClient::Request("destroy", fields()), deadline);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unavailable) throw;
    // The program has ended meanwhile. Started again, it removes what is left.
    m_client->call(ProgramClient::Request("destroy", fields()), deadline);
  }
  m_is_removed = true;
  m_terminal.reset();
  m_end.reset();
}

}  // namespace tellina::exec_sandbox

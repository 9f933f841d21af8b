#include "plugins/sandbox_common/control_client.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "plugins/sandbox_common/tree_codec.hpp"
#include "plugins/sandbox_common/tree_protocol.hpp"
#include "plugins/sandbox_init/control_socket.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"

namespace tellina::sandbox_common {
namespace {

constexpr const char* seeding = "initial tree";
constexpr const char* reading = "snapshot";

/// The Failed messages of init and of the tree protocol have the same form.
static_assert(sizeof(tree_protocol::Failed) == sizeof(init_protocol::Failed) &&
              int{tree_protocol::failed} == int{init_protocol::failed});

home_tree::Limits limits_of(const SnapshotRequest& request) {
  home_tree::Limits limits;
  limits.max_entries = request.max_entries;
  limits.max_depth = request.max_depth;
  limits.max_content_per_file = request.max_content_per_file;
  limits.max_content_in_all = request.max_content_in_all;
  limits.deadline_in_milliseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(request.deadline.count(), 0));
  return limits;
}

/// The sorted hashes of the files whose content is wanted; nothing if the content of all is.
std::optional<std::vector<std::uint64_t>> wanted_paths(const SnapshotRequest& request) {
  if (!request.content_of || request.content_of->size() > home_tree::max_wanted) return std::nullopt;
  std::vector<std::uint64_t> paths;
  for (const Bytes& path : *request.content_of) {
    std::uint64_t hash = home_tree::home_hash;
    for (std::size_t begin = 0; begin <= path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      hash = home_tree::hash_below(hash, path.data() + begin, end - begin);
      begin = end + 1;
    }
    paths.push_back(hash);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// A snapshot that differs in nothing from an earlier one has the same bytes, so they name it.
FileTree decode(const Descriptor& file, const home_tree::Outcome& outcome, const SnapshotRequest& request) {
  FileTree tree;
  tree.truncated = outcome.truncated != 0;
  tree.raced = outcome.raced != 0;
  if (!tree.truncated && !tree.raced) {
    tree.version = name_content(file.get());
    tree.unchanged = tree.version == request.unless;
  }
  if (!tree.unchanged) tree.root = decode_tree(file.get()).root;
  return tree;
}

}  // namespace

Received receive(const Descriptor& socket, const Deadline& deadline, const std::string& what) {
  deadline.wait_readable(socket.get(), what);
  Received received;
  received.message.resize(control::max_message);
  control::Descriptors descriptors;
  const ssize_t size = control::receive(socket.get(), received.message.data(), received.message.size(), descriptors);
  for (std::size_t i = 0; i < descriptors.count; ++i) received.descriptors.emplace_back(descriptors.values[i]);
  if (size == 0 || (size < 0 && errno == ECONNRESET)) {
    throw Error(ErrorCode::gone, what + ": the sandbox has ended");
  }
  if (size < 0) throw system_error(what, errno);
  received.message.resize(static_cast<std::size_t>(size));
  return received;
}

void send(const Descriptor& socket, const void* data, std::size_t size, const std::string& what,
          std::initializer_list<int> descriptors) {
  if (control::send(socket.get(), data, size, descriptors.begin(), descriptors.size())) return;
  if (errno == EPIPE || errno == ECONNRESET) throw Error(ErrorCode::gone, what + ": the sandbox has ended");
  throw system_error(what, errno);
}

std::optional<Failure> find_failure(const Received& received, const std::string& what) {
  if (received.message.at(0) != init_protocol::failed) return {};
  const auto failed = read_struct<init_protocol::Failed>(received, what);
  return Failure{failed.error_number, received.message.substr(sizeof failed)};
}

void seed_home(const Descriptor& socket, const Descriptor& home, const FileTree& tree, const Deadline& deadline) {
  const std::string what = seeding;
  const Descriptor file = encode_tree(tree);
  const char kind = tree_protocol::seed;
  send(socket, &kind, 1, what, {home.get(), file.get()});
  if (const auto failure = find_failure(receive(socket, deadline, what), what)) {
    const bool full = failure->error_number == ENOSPC;
    throw system_error(what + ": ~/" + failure->text, failure->error_number, ErrorCode::seed_failed,
                       full ? "raise sandbox.disk_in_mib, or use fewer files: a home can hold 4095" : "");
  }
}

void seed_folder(const Descriptor& socket, char kind, const FileTree& folder, const Deadline& deadline) {
  const std::string what = "fill /check";
  const Descriptor file = encode_tree(folder);
  send(socket, &kind, 1, what, {file.get()});
  if (const auto failure = find_failure(receive(socket, deadline, what), what)) {
    throw system_error(what + ": " + failure->text, failure->error_number, ErrorCode::seed_failed);
  }
}

void write_tree_directly(const Descriptor& directory, const FileTree& tree) {
  const Descriptor file = encode_tree(tree);
  std::array<char, PATH_MAX> path{};
  const int error = home_tree::write(directory.get(), file.get(), path.data(), path.size());
  if (error != 0) {
    throw system_error(std::string("write files: ") + path.data(), error, ErrorCode::seed_failed);
  }
}

FileTree read_home(const Descriptor& socket, const Descriptor& home, const SnapshotRequest& request,
                   const Deadline& deadline) {
  const std::string what = reading;
  const Descriptor file = make_memory_file("snapshot");
  tree_protocol::Snapshot message;
  message.limits = limits_of(request);
  if (const auto paths = wanted_paths(request)) {
    const Descriptor wanted = make_memory_file("wanted");
    write_file(wanted.get(), paths->data(), paths->size() * sizeof paths->front());
    send(socket, &message, sizeof message, what, {home.get(), file.get(), wanted.get()});
  } else {
    send(socket, &message, sizeof message, what, {home.get(), file.get()});
  }
  const Received received = receive(socket, deadline, what);
  if (const auto failure = find_failure(received, what)) {
    throw system_error(what + ": " + failure->text, failure->error_number, ErrorCode::internal);
  }
  return decode(file, read_struct<tree_protocol::Done>(received, what).outcome, request);
}

FileTree read_home_directly(const Descriptor& home, const SnapshotRequest& request, const Deadline& deadline) {
  const Descriptor file = make_memory_file("snapshot");
  home_tree::Outcome outcome;
  home_tree::Wanted wanted;
  const auto paths = wanted_paths(request);
  if (paths) wanted = {false, paths->data(), paths->size()};
  const int error = home_tree::read(home.get(), file.get(), limits_of(request), wanted,
                                    {deadline.interrupt_descriptor(), POLLIN}, outcome);
  if (error != 0) throw system_error(std::string(reading) + ": write the snapshot", error, ErrorCode::internal);
  pollfd interrupt{deadline.interrupt_descriptor(), POLLIN, 0};
  if (poll(&interrupt, 1, 0) > 0) {
    throw Error(ErrorCode::gone, std::string(reading) + ": the sandbox is being destroyed");
  }
  return decode(file, outcome, request);
}

}  // namespace tellina::sandbox_common

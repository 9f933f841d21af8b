#include "plugins/sandbox_docker/instance.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "plugins/sandbox_init/control_socket.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"

namespace tellina::docker_sandbox {
namespace {

constexpr const char* starting = "start a sandbox";
/// If init has not connected after this time, checks its container. Normally it connects within milliseconds of its
/// start.
constexpr std::chrono::seconds usual_wait{2};
/// How long to wait for an engine that has already failed to answer once.
constexpr std::chrono::seconds removal_deadline_after_a_hang{2};

void throw_if_failed(const std::string& what, const std::optional<Failure>& failure) {
  if (failure) throw system_error(what + ": " + failure->text, failure->error_number);
}

}  // namespace

std::unique_ptr<Instance> Instance::make(InstanceContext& context, const Wanted& wanted, const Deadline& deadline) {
  for (;;) {
    Terminals terminals = context.terminals;
    Users users = context.users;
    if (terminals != Terminals::untried && users != Users::untried) return make_once(context, wanted, deadline);
    try {
      std::unique_ptr<Instance> instance = make_once(context, wanted, deadline);
      // A concurrent call may have found out that one is not available.
      if (terminals == Terminals::untried) {
        context.terminals.compare_exchange_strong(terminals, geteuid() == 0 ? Terminals::own : Terminals::shared);
      }
      if (users == Users::untried) {
        const bool are_known = context.containers.users(wanted.image) != nullptr;
        context.users.compare_exchange_strong(users, are_known ? Users::own : Users::shared);
      }
      return instance;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::timed_out || error.code() == ErrorCode::gone ||
          error.code() == ErrorCode::not_found) {
        throw;
      }
      // A concurrent call may have given one up meanwhile; then this one tries without it, too.
      if (context.terminals != terminals || context.users != users) continue;
      // Gives one up after the other, so that the one that works is kept.
      const bool may_be_terminals = geteuid() == 0 && terminals == Terminals::untried;
      if (may_be_terminals) {
        context.terminals.compare_exchange_strong(terminals, Terminals::shared);
        continue;
      }
      const bool may_be_users = context.containers.users(wanted.image) != nullptr && users == Users::untried;
      if (!may_be_users) throw;
      context.users.compare_exchange_strong(users, Users::shared);
    }
  }
}

std::unique_ptr<Instance> Instance::make_once(InstanceContext& context, const Wanted& wanted,
                                              const Deadline& deadline) {
  Claim claim;
  claim.token = random_token(context.random, 8);
  claim.holder = context.run_folder.holder();
  claim.owner = wanted.owner;
  claim.id = wanted.id;
  std::unique_ptr<Instance> instance(new Instance(context, claim));
  const Descriptor listener = context.run_folder.make(claim);
  ContainerSpec spec;
  spec.token = claim.token;
  spec.folder = context.run_folder.path_of(claim);
  const std::string memory = std::to_string(wanted.limits.memory_in_bytes);
  spec.memory_file =
      context.run_folder.share(claim, "meminfo-" + memory, describe_memory(wanted.limits.memory_in_bytes));
  if (context.terminals != Terminals::shared) spec.terminals = context.run_folder.mount_terminals(claim);
  spec.owner = wanted.owner;
  spec.id = wanted.id;
  spec.image = wanted.image;
  spec.limits = wanted.limits;
  if (wanted.check_folder != nullptr) {
    spec.check_folder = context.run_folder.write_folder(claim, readable_folder(*wanted.check_folder));
  }
  try {
    // The engine creates a requested container even if nobody waits for the answer. So this waits, and then removes it.
    context.containers.learn(spec, deadline.uninterrupted());
    instance->choose_user(spec);
    context.containers.create(spec, deadline.uninterrupted());
    context.containers.start(claim.token, deadline.uninterrupted());
    instance->wait_for_init(listener, deadline);
    throw_if_failed(starting, instance->m_init.take_terminal(deadline, starting));
    if (!spec.terminals.empty()) context.run_folder.unmount_terminals(claim);
    context.run_folder.close_socket(claim);
    const char kind = init_protocol::listener;
    send(instance->m_init.socket(), &kind, 1, starting, {listener.get()});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::timed_out) instance->m_removal_deadline = removal_deadline_after_a_hang;
    // An engine that has not answered, or has ended meanwhile, may have begun to make it.
    instance->m_may_be_made_late = error.code() == ErrorCode::timed_out || error.code() == ErrorCode::unavailable;
    throw;
  }
  return instance;
}

void Instance::choose_user(ContainerSpec& spec) const {
  const ImageUsers* const users = m_context.containers.users(spec.image);
  if (users == nullptr || m_context.users == Users::shared) return;
  spec.user = m_context.containers.choose_user(m_context.random);
  spec.users_file = m_context.run_folder.write(m_claim, users_name, users->users_with(spec.user));
  spec.groups_file = m_context.run_folder.write(m_claim, groups_name, users->groups_with(spec.user));
}

void Instance::wait_for_init(const Descriptor& listener, const Deadline& deadline) {
  while (!deadline.wait_readable_for(usual_wait, listener.get(), starting)) {
    const std::string end = m_context.containers.find_end(m_claim.token, deadline);
    if (!end.empty()) throw Error(ErrorCode::internal, std::string(starting) + ": " + end);
  }
  Descriptor socket(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket) throw system_error(starting, errno);
  m_init = InitClient(std::move(socket));
}

std::unique_ptr<Instance> Instance::adopt(InstanceContext& context, const Claim& claim, const Deadline& deadline) {
  const std::string what = "adopt the sandbox " + claim.id;
  InitClient init(context.run_folder.connect(claim, deadline));
  throw_if_failed(what, init.take_terminal(deadline, what));
  if (!init.has_shell()) throw Error(ErrorCode::gone, what + ": it has no shell yet");
  Claim ours = claim;
  ours.holder = context.run_folder.holder();
  if (ours.holder != claim.holder && !context.run_folder.rename(claim, ours)) {
    if (errno != ENOENT) throw system_error(what, errno);
    throw Error(ErrorCode::gone, what + ": another process has taken it over");
  }
  std::unique_ptr<Instance> instance(new Instance(context, ours));
  instance->m_init = std::move(init);
  return instance;
}

Instance::~Instance() { end(); }

bool Instance::is_fresh() const {
  pollfd watched{m_init.socket().get(), POLLIN, 0};
  return poll(&watched, 1, 0) == 0;
}

void Instance::claim(const OwnerId& owner, const SandboxId& id) {
  Claim claimed = m_claim;
  claimed.owner = owner;
  claimed.id = id;
  if (!m_context.run_folder.rename(m_claim, claimed)) {
    throw system_error(std::string(starting) + ": " + m_context.run_folder.path_of(m_claim), errno, ErrorCode::gone);
  }
  m_claim = claimed;
}

void Instance::seed(const FileTree& tree, const Deadline& deadline) {
  seed_home(m_init.socket(), m_init.home(), tree, deadline);
}

FileTree Instance::snapshot(const SnapshotRequest& request, const Deadline& deadline) {
  // Root may read every file, whatever its mode, and root's memory does not count for the sandbox. Init may read what
  // the participant may, for a server of any user.
  if (geteuid() == 0) return read_home_directly(m_init.home(), request, deadline);
  return read_home(m_init.socket(), m_init.home(), request, deadline);
}

std::string Instance::end() {
  if (m_has_ended) return {};
  m_has_ended = true;
  const bool is_ours = m_context.run_folder.exists(m_claim);
  if (is_ours) {
    std::optional<Error> failure;
    bool is_forgotten = false;
    try {
      is_forgotten =
          !m_context.containers.remove(m_claim.token, Deadline(m_context.clock, m_removal_deadline, nullptr));
    } catch (const Error& error) {
      failure = error;
    }
    // A killed engine may have come back without knowing a container that runs.
    if (is_forgotten && m_init.socket()) m_context.abandoned.end_forgotten(m_claim.token);
    m_context.run_folder.remove(m_claim);
    const char kind = init_protocol::quit;
    if (m_init.socket()) control::send(m_init.socket().get(), &kind, 1);
    if (failure) {
      m_context.abandoned.remove_later(*failure);
    } else if (m_may_be_made_late) {
      m_context.abandoned.remove_later();
    }
  }
  m_init.close();
  return {};
}

}  // namespace tellina::docker_sandbox

#pragma once

/// This instance and the others in the folder: which exist, and which channels they receive. The kernel reports each
/// change, so nothing polls unless the kernel cannot (see problem()).

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "presence.hpp"
#include "tellina/log.hpp"

namespace tellina::ipc {

/// Membership reports other instances to it, on the thread that calls enter() and read_changes().
class MembershipObserver {
 public:
  MembershipObserver() = default;
  MembershipObserver(const MembershipObserver&) = delete;
  MembershipObserver& operator=(const MembershipObserver&) = delete;
  virtual ~MembershipObserver() = default;

  /// May throw Error(unavailable): then the instance has not joined, and the next scan reports it again.
  virtual void joined(InstanceId id, const std::string& socket_path) = 0;
  virtual void left(InstanceId id) = 0;
  /// The instance has joined and not left.
  virtual void receives(InstanceId id, const std::string& channel) = 0;
  /// Also called for a channel that the instance was not known to receive, because the instance waits for a `drained`
  /// frame.
  virtual void stopped(InstanceId id, const std::string& channel) = 0;
  /// The file that shows that this instance receives a channel is gone: withdrawn, or removed by another program.
  virtual void lost_marker(const std::string& channel) = 0;
};

/// Threads: one at a time. Throws Error(unavailable).
class Membership {
 public:
  Membership(const Settings& settings, Random& random, Log& log, MembershipObserver& observer);
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  ~Membership();

  /// Takes a new name in the folder, calls `bind` with the socket's path, and reports all other instances. May be
  /// called again after the folder was lost; instances that still exist stay joined.
  void enter(const std::function<void(const std::string& socket_path)>& bind);

  /// Removes this instance's files, so that others stop sending to it.
  void leave() { m_presence.reset(); }

  /// Readable when read_changes() has work.
  int descriptor() const { return m_wait.get(); }

  /// Never blocks. Returns false if this instance's own files were removed; then call enter() again and announce the
  /// channels. A change that cannot be examined, for example because no descriptor is left, sets problem().
  bool read_changes();

  /// Why a change could not be examined; otherwise empty. Until rescan() has cleared it, an instance that could not be
  /// examined counts as present.
  const std::string& problem() const { return m_problem; }
  /// Examines the whole folder. Returns the same as read_changes().
  bool rescan();

  InstanceId id() const { return m_presence ? m_presence->id() : 0; }
  void announce(const std::string& channel);
  void withdraw(const std::string& channel);

 private:
  class Member {
   public:
    Descriptor process;
    std::set<std::string> channels;
  };

  /// Runs `action`; an Error that it throws sets problem().
  void attempt(const std::function<void()>& action);
  void watch();
  bool read_watch();
  bool handle(std::uint32_t change, const Entry& entry);
  void read_deaths();
  void scan();
  void add_member(InstanceId id);
  void remove_dead_member(InstanceId id);
  void remove_member(InstanceId id);

  const Settings m_settings;
  Random& m_random;
  Log& m_log;
  MembershipObserver& m_observer;
  Descriptor m_wait;
  Descriptor m_watch;
  std::unique_ptr<Presence> m_presence;
  std::map<InstanceId, Member> m_members;
  std::string m_problem;
  bool m_is_listed = false;  ///< the last scan found this instance
};

}  // namespace tellina::ipc

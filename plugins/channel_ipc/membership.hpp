#pragma once

/// This instance and the others in the folder: which exist, and which channels they receive. The kernel wakes it at
/// every change; it never polls.

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

  /// May throw Error(unavailable): then the instance has not joined, and the next look reports it again.
  virtual void joined(InstanceId id, const std::string& socket_path) = 0;
  virtual void left(InstanceId id) = 0;
  /// The instance has joined and not left.
  virtual void receives(InstanceId id, const std::string& channel) = 0;
  /// Also called if the instance was not known to receive the channel, because it waits for an answer.
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
  /// channels. A change that cannot be examined, for example because no descriptor is left, sets trouble().
  bool read_changes();

  /// The reason why a change could not be examined; otherwise empty. Until look_again() has cleared it, an instance
  /// that could not be examined counts as present.
  const std::string& trouble() const { return m_trouble; }
  /// Examines the whole folder; returns what read_changes() returns.
  bool look_again();

  InstanceId id() const { return m_presence ? m_presence->id() : 0; }
  void announce(const std::string& channel);
  void withdraw(const std::string& channel);

 private:
  class Member {
   public:
    Descriptor process;
    std::set<std::string> channels;
  };

  /// Runs `look`; an Error that it throws sets trouble().
  void attempt(const std::function<void()>& look);
  void watch();
  bool read_watch();
  bool handle(std::uint32_t change, const Entry& entry);
  void read_deaths();
  void scan();
  void meet(InstanceId id);
  void bury(InstanceId id);
  void drop(InstanceId id);

  const Settings m_settings;
  Random& m_random;
  Log& m_log;
  MembershipObserver& m_observer;
  Descriptor m_wait;
  Descriptor m_watch;
  std::unique_ptr<Presence> m_presence;
  std::map<InstanceId, Member> m_members;
  std::string m_trouble;
  bool m_is_listed = false;  ///< the last look at the whole folder found this instance
};

}  // namespace tellina::ipc

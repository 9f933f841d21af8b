#pragma once

/// A network between clients and server that can fail: two TUN devices, and a thread that carries the packets.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "faults/draw.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::faults {

/// The server's end is in the network namespace of the process, the clients' end in one of its own.
///
/// Lifetime: both devices go with the object. Threads: any. Needs root.
class Wire {
 public:
  /// Throws std::runtime_error if the machine has no TUN devices or the process may not make them.
  explicit Wire(std::uint64_t seed);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Where clients find the server.
  const std::string& server_address() const { return m_server_address; }
  /// Moves the calling thread into the clients' namespace: sockets that it makes from then on are there.
  void enter() const;

  void unplug(bool yes) { m_is_unplugged = yes; }
  /// Each packet waits for a time from 0 to this.
  void delay(Milliseconds most) { m_most_delay = most.count(); }
  /// The order of packets is kept, however long each waits, unless this is set.
  void reorder(bool yes) { m_reorders = yes; }
  /// In percent.
  void lose(int share) { m_lost_share = share; }

 private:
  void carry();

  std::string m_server_address;
  Descriptor m_server_end;
  Descriptor m_client_end;
  Descriptor m_namespace;
  Descriptor m_stop;
  Draw m_draw;
  std::atomic<bool> m_is_unplugged{false};
  std::atomic<bool> m_reorders{false};
  std::atomic<std::int64_t> m_most_delay{0};
  std::atomic<int> m_lost_share{0};
  std::thread m_thread;
};

}  // namespace tellina::faults

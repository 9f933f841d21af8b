#pragma once

/// A network between clients and server that can fail: two TUN devices, and a thread that carries the packets.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "faults/random_numbers.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::faults {

/// The server's end is in the network namespace of the process, the clients' end in a separate one.
///
/// Lifetime: both devices are removed with the object. Threads: any. Needs root.
class FaultyNetwork {
 public:
  /// Throws std::runtime_error if the machine has no TUN devices or the process may not create them.
  explicit FaultyNetwork(std::uint64_t seed);
  ~FaultyNetwork();
  FaultyNetwork(const FaultyNetwork&) = delete;
  FaultyNetwork& operator=(const FaultyNetwork&) = delete;

  /// The address at which clients reach the server.
  const std::string& server_address() const { return m_server_address; }
  /// Moves the calling thread into the clients' namespace, to which its later sockets belong.
  void enter() const;

  void unplug(bool yes) { m_is_unplugged = yes; }
  /// Delays each packet by a random time up to this.
  void delay(Milliseconds most) { m_most_delay = most.count(); }
  /// If set, packets with different delays may overtake each other; otherwise their order is kept.
  void reorder(bool yes) { m_reorders = yes; }
  /// Sets the percentage of packets that are lost.
  void lose(int share) { m_lost_share = share; }

 private:
  void carry();

  std::string m_server_address;
  Descriptor m_server_end;
  Descriptor m_client_end;
  Descriptor m_namespace;
  Descriptor m_stop;
  RandomNumbers m_random;
  std::atomic<bool> m_is_unplugged{false};
  std::atomic<bool> m_reorders{false};
  std::atomic<std::int64_t> m_most_delay{0};
  std::atomic<int> m_lost_share{0};
  std::thread m_thread;
};

}  // namespace tellina::faults

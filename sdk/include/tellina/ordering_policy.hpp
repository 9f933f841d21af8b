#pragma once

/// Decides when a worker may handle each message of a connection.

#include <cstdint>
#include <memory>
#include <optional>

#include "tellina/message.hpp"
#include "tellina/plugin.hpp"

namespace tellina {

/// The queue of one connection: pure logic on sequence numbers, no I/O, no clock, no threads.
///
/// The owner tells it what has arrived, asks what may start, and tells what is finished:
/// `arrive(0, connect); next() == 0; finish(0); arrive(1, data); ...`. Numbers arrive in any order, each once.
/// Under every policy nothing starts before the `connect` (sequence 0) has finished, and nothing waits for a
/// number that has not arrived unless the policy's order demands it.
///
/// Threads: calls come one at a time.
class TELLINA_VISIBLE Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  virtual ~Gate() = default;

  /// The message is here. Throws Error(bad_request) for a number that has arrived before.
  virtual void arrive(Sequence sequence, MessageKind kind) = 0;

  /// Returns one message that may start now and counts it as started, or nothing. Call until it returns nothing.
  virtual std::optional<Sequence> next() = 0;

  /// A started message has been handled. Throws Error(bad_request) for one that is not started.
  virtual void finish(Sequence sequence) = 0;

  /// How many messages were started while one with a lower number had arrived and not been started.
  virtual std::uint64_t overtakings() const = 0;
};

/// Threads: open_gate() may be called from any thread; the gates are independent of each other.
class TELLINA_VISIBLE OrderingPolicy : public Plugin {
 public:
  virtual std::unique_ptr<Gate> open_gate() = 0;
};

}  // namespace tellina

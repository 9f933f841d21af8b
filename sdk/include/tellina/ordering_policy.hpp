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
/// The host reports what has arrived, asks what may start, and reports what has finished:
/// `arrive(0, connect); next() == 0; finish(0); arrive(1, data); ...`.
///
/// The host promises: numbers arrive in order, each once and without holes, 0, 1, 2, ...; if a message is lost, the
/// connection ends. Kinds are `connect`, `data`, `text` and `disconnect`; no other arrives. A `text` may be a change of
/// the terminal's size or an acknowledgement of output as well as a request.
///
/// The gate promises: nothing starts before the `connect` (number 0) has finished; every message that has arrived
/// starts once, however many others arrive after it; data messages start in the order in which they arrived, which is
/// that of their numbers. Its memory does not grow with messages that have finished. The rest is free: several messages
/// may start before the first of them has finished, and a `disconnect` may start before others, which are then dropped
/// with the connection; the page sends them again in the next one.
///
/// Threads: calls come one at a time.
class TELLINA_VISIBLE Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  virtual ~Gate() = default;

  /// The message has arrived. Throws Error(bad_request), and changes nothing, for any number but the next one.
  virtual void arrive(Sequence sequence, MessageKind kind) = 0;

  /// Returns one message that may start now and counts it as started, or nothing. The host calls it until it returns
  /// nothing.
  virtual std::optional<Sequence> next() = 0;

  /// A started message has been handled: data and requests are with the session, and not always with the shell. Throws
  /// Error(bad_request) for one that has not been started or has finished.
  virtual void finish(Sequence sequence) = 0;

  /// Returns how many messages were started while one with a lower number waited.
  virtual std::uint64_t overtakings() const = 0;
};

/// Threads: open_gate() may be called from any thread; the gates are independent of each other.
class TELLINA_VISIBLE OrderingPolicy : public Plugin {
 public:
  virtual std::unique_ptr<Gate> open_gate() = 0;
};

template <>
struct PluginLayout<PluginKind::ordering_policy> {
  static constexpr LayoutHash layout = plugin_layout.last(MessageKind::reply)
                                           .type<Sequence>()
                                           .type<std::optional<Sequence>>()
                                           .type<std::unique_ptr<Gate>>()
                                           .type<Gate>()
                                           .type<OrderingPolicy>();
};

}  // namespace tellina

#pragma once

/// Brings a channel's messages to the loop of their receiver.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "host/runtime/lifeline.hpp"
#include "host/runtime/loop.hpp"
#include "tellina/message.hpp"

namespace tellina {

/// Passes each message to the handler once, on the loop's thread, in the order of the calls of deliver(). No message
/// overtakes another, and the handler is never called while it runs.
///
/// Threads: deliver() from any thread, everything else on the loop's thread.
/// Lifetime: no deliver() may run during or after the destructor; end the subscriptions first. The handler must not
/// destroy the inbox.
class LoopInbox {
 public:
  /// Receives one or more messages. It may move them out of the span.
  using Handler = std::function<void(std::span<Message>)>;
  /// Returns an object that the inbox keeps alive as long as a posted task.
  using Keeper = std::function<std::shared_ptr<const void>()>;

  enum class Delivery : std::uint8_t {
    at_once,    ///< a message that arrives on the loop's thread is handled inside deliver(), unless others wait
    in_batches  ///< every message waits for the loop's next turn, so that the handler gets all at once
  };

  /// While a Hold exists, messages wait for the loop's next turn. For code that must not be re-entered from inside a
  /// send().
  class Hold {
   public:
    explicit Hold(LoopInbox& inbox) : m_inbox(inbox) { ++m_inbox.m_holds; }
    ~Hold() { --m_inbox.m_holds; }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    LoopInbox& m_inbox;
  };

  /// `loop` must outlive the inbox. With a `keeper`, a posted task keeps the keeper's result alive; deliver() calls the
  /// keeper on its own thread. Without one, a task that is still queued when the inbox is destroyed does nothing.
  LoopInbox(Loop& loop, Delivery delivery, Handler handler, Keeper keeper = {});
  LoopInbox(const LoopInbox&) = delete;
  LoopInbox& operator=(const LoopInbox&) = delete;

  /// Throws what the handler throws, if it runs inside the call.
  void deliver(Message message);

  bool is_held() const { return m_holds > 0; }
  void check_invariant() const;

 private:
  enum class State : std::uint8_t {
    idle,       ///< no message waits, and the handler does not run
    scheduled,  ///< a task on the loop will handle the messages that wait
    handling    ///< the handler runs; messages that arrive wait until it has returned
  };

  bool try_to_begin();
  void drain();
  /// Ends `handling`: changes to idle, or to scheduled if messages have arrived meanwhile.
  void finish();
  void schedule();
  void check_invariant_locked() const;

  Loop& m_loop;
  const Delivery m_delivery;
  const Handler m_handler;
  const Keeper m_keeper;
  int m_holds = 0;               ///< the loop's thread only
  std::vector<Message> m_batch;  ///< what drain() handles; keeps its memory. The loop's thread only

  mutable std::mutex m_mutex;
  State m_state = State::idle;
  std::vector<Message> m_waiting;
  Lifeline m_lifeline;
};

}  // namespace tellina

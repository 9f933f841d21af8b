// Loses undelivered messages when dispatching ends, and never lets the dispatching thread sleep.
#include <deque>
#include <mutex>

#include <sys/eventfd.h>

#include "good_layer.hpp"
#include "tellina/descriptor.hpp"

class Layer final : public tellina::bad::GoodLayer {
 public:
  using GoodLayer::GoodLayer;
  std::unique_ptr<tellina::Subscription> receive(const tellina::ChannelName& channel,
                                                 tellina::Receiver receiver) override {
    return GoodLayer::receive(channel, [this, receiver](tellina::Message message) {
      {
        std::lock_guard lock(m_mutex);
        if (m_dispatches) return m_waiting.push_back([receiver, message] { receiver(message); });
      }
      receiver(std::move(message));
    });
  }
  int begin_dispatching() override {
    std::lock_guard lock(m_mutex);
    m_dispatches = true;
    return m_event.get();
  }
  bool dispatch() override {
    std::function<void()> next;
    {
      std::lock_guard lock(m_mutex);
      if (m_waiting.empty()) return false;
      next = m_waiting.front();
      m_waiting.pop_front();
    }
    next();
    return true;
  }
  void end_dispatching() override {
    std::lock_guard lock(m_mutex);
    m_dispatches = false;
    m_waiting.clear();
  }

 private:
  const tellina::Descriptor m_event{::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex m_mutex;
  bool m_dispatches = false;
  std::deque<std::function<void()>> m_waiting;
};
TELLINA_BAD_LAYER(Layer);

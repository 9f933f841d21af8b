#include "host/runtime/lifeline.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "support/virtual_loop.hpp"

namespace tellina::testing {
namespace {

TEST(Lifeline, RunsGuardedCallsUntilItIsCut) {
  std::optional<Lifeline> lifeline(std::in_place);
  std::string seen;
  std::function<void(std::string)> call = lifeline->guarded([&](const std::string& text) { seen += text; });
  call("a");
  lifeline->cut();
  call("b");
  EXPECT_EQ(seen, "a");
  call = lifeline->guarded([&](const std::string& text) { seen += text; });
  call("c");
  lifeline.reset();
  call("d");
  EXPECT_EQ(seen, "ac");
}

TEST(Lifeline, ObserverShowsWhetherTheObjectExists) {
  std::optional<Lifeline> lifeline(std::in_place);
  const Lifeline::Observer observer = lifeline->observer();
  EXPECT_FALSE(observer.is_cut());
  lifeline.reset();
  EXPECT_TRUE(observer.is_cut());
}

TEST(Lifeline, PostsToTheLoopWithArgumentsAndChecksThere) {
  VirtualLoop loop;
  std::optional<Lifeline> lifeline(std::in_place);
  std::vector<std::pair<std::string, std::thread::id>> seen;
  std::function<void(std::string)> call =
      lifeline->posted(loop, [&](std::string text) { seen.emplace_back(std::move(text), std::this_thread::get_id()); });
  std::thread([&] { call("from a thread"); }).join();
  EXPECT_TRUE(seen.empty()) << "it ran on the caller's thread";
  loop.run_until_idle();
  EXPECT_THAT(seen, ::testing::ElementsAre(::testing::Pair("from a thread", std::this_thread::get_id())));
  call("queued");
  lifeline.reset();
  loop.run_until_idle();
  EXPECT_EQ(seen.size(), 1U) << "a queued call ran after the object's end";
}

/// Like an object whose callback destroys it, and with it the callback's own captures.
class SelfDestroying {
 public:
  explicit SelfDestroying(std::function<void()> callback) : m_callback(std::move(callback)) {}
  bool call() { return m_lifeline.survives(m_callback); }

 private:
  std::function<void()> m_callback;
  Lifeline m_lifeline;
};

TEST(Lifeline, SurvivesReturnsWhetherTheCallbackDestroyedItsOwner) {
  std::unique_ptr<SelfDestroying> object;
  std::string seen;
  object = std::make_unique<SelfDestroying>([&seen] { seen += "stays "; });
  EXPECT_TRUE(object->call());
  object = std::make_unique<SelfDestroying>([&, text = std::string(100, 'x')] {
    object.reset();
    seen += text;  // freed memory if the callback ran in place
  });
  EXPECT_FALSE(object->call());
  EXPECT_EQ(seen, "stays " + std::string(100, 'x'));
}

}  // namespace
}  // namespace tellina::testing

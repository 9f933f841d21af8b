#include "host/study/line_automaton.hpp"

#include <gmock/gmock.h>

#include <random>

namespace tellina::testing {
namespace {

int run_ending_at(const std::vector<Bytes>& answer, const std::vector<Bytes>& stream, std::size_t end) {
  int best = 0;
  for (std::size_t stop = 1; stop <= answer.size(); ++stop) {
    std::size_t length = 0;
    while (length < stop && length <= end && answer[stop - 1 - length] == stream[end - length]) ++length;
    best = std::max(best, static_cast<int>(length));
  }
  return best;
}

TEST(LineAutomatonTest, FindsTheSameAsASlowSearch) {
  std::mt19937 generator(1985);
  const auto random_lines = [&generator](int longest) {
    std::vector<Bytes> lines(std::uniform_int_distribution<std::size_t>(0, longest)(generator));
    for (Bytes& line : lines) line = Bytes(1, "abc"[std::uniform_int_distribution<int>(0, 2)(generator)]);
    return lines;
  };
  for (int round = 0; round < 2000; ++round) {
    const std::vector<Bytes> answer = random_lines(9);
    const std::vector<Bytes> stream = random_lines(30);
    const LineAutomaton automaton(answer);
    LineAutomaton::Position position;
    for (std::size_t at = 0; at < stream.size(); ++at) {
      position = automaton.advance(position, stream[at]);
      ASSERT_EQ(position.length, run_ending_at(answer, stream, at));
    }
  }
}

TEST(LineAutomatonTest, HandlesRepeatedLinesInLinearTime) {
  const LineAutomaton automaton(std::vector<Bytes>(50'000, "y"));
  LineAutomaton::Position position;
  for (int i = 0; i < 1'000'000; ++i) position = automaton.advance(position, "y");
  EXPECT_EQ(position.length, 50'000);
}

}  // namespace
}  // namespace tellina::testing

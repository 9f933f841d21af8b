#include "host/study/item_compare.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <unordered_map>

#include "host/limits.hpp"
#include "host/study/progress_detail.hpp"

namespace tellina {
namespace {

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

/// Only the first of equal items.
std::vector<Item> distinct(const std::vector<Item>& items) {
  std::unordered_map<BytesView, bool> seen;
  std::vector<Item> kept;
  for (const Item& item : items) {
    if (seen.emplace(item.key, true).second) kept.push_back(item);
  }
  return kept;
}

/// For each found item its place in the answer, or `nowhere`. Each place is given once.
std::vector<std::size_t> places_of(const std::vector<Item>& answer, const std::vector<Item>& found) {
  std::unordered_map<BytesView, std::deque<std::size_t>> free;
  for (std::size_t place = 0; place < answer.size(); ++place) free[answer[place].key].push_back(place);
  std::vector<std::size_t> places;
  places.reserve(found.size());
  for (const Item& item : found) {
    const auto known = free.find(item.key);
    if (known == free.end() || known->second.empty()) {
      places.push_back(nowhere);
    } else {
      places.push_back(known->second.front());
      known->second.pop_front();
    }
  }
  return places;
}

/// Which found items form the longest sequence of growing places, in O(n log n) time (Fredman, 1975).
std::vector<bool> longest_in_order(const std::vector<std::size_t>& places) {
  std::vector<std::size_t> ends;  // ends[k]: the item with the smallest place that ends a sequence of k + 1 items
  std::vector<std::size_t> before(places.size(), nowhere);
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i] == nowhere) continue;
    const auto at = std::lower_bound(ends.begin(), ends.end(), places[i],
                                     [&](std::size_t end, std::size_t place) { return places[end] < place; });
    if (at != ends.begin()) before[i] = *(at - 1);
    if (at == ends.end()) {
      ends.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<bool> is_in_order(places.size(), false);
  for (std::size_t i = ends.empty() ? nowhere : ends.back(); i != nowhere; i = before[i]) is_in_order[i] = true;
  return is_in_order;
}

}  // namespace

Progress compare_items(const char* name, const std::vector<Item>& answer, const std::vector<Item>& found,
                       ItemOrder order) {
  if (order == ItemOrder::set) return compare_items(name, distinct(answer), distinct(found), ItemOrder::unordered);
  const std::vector<std::size_t> places = places_of(answer, found);
  std::vector<bool> is_matched(places.size());
  if (order == ItemOrder::exact) {
    is_matched = longest_in_order(places);
  } else {
    std::transform(places.begin(), places.end(), is_matched.begin(),
                   [](std::size_t place) { return place != nowhere; });
  }
  Progress progress;
  std::vector<DetailEntry> entries;
  std::vector<bool> is_found(answer.size(), false);
  std::int64_t extra = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const char* status = "extra";
    if (places[i] != nowhere) {
      is_found[places[i]] = true;
      status = is_matched[i] ? "matched" : "incorrect";
      ++(is_matched[i] ? progress.matched : progress.incorrect);
    } else {
      ++extra;
    }
    if (entries.size() < limits::detail_entries) entries.emplace_back(shortened_line(found[i].text), status);
  }
  progress.extra = static_cast<int>(std::min(extra, limits::extra_lines));
  std::vector<DetailEntry> missing;
  for (std::size_t place = 0; place < answer.size(); ++place) {
    if (is_found[place]) continue;
    ++progress.missing;
    if (missing.size() < limits::detail_entries) missing.emplace_back(shortened_line(answer[place].text), "missing");
  }
  progress.detail = detail_json(name, entries);
  progress.missing_detail = detail_json(name, missing);
  progress.passed = progress.missing == 0 && progress.extra == 0 && progress.incorrect == 0;
  return progress;
}

}  // namespace tellina

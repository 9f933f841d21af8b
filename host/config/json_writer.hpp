#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tellina/config.hpp"

namespace tellina {

/// Values that the program creates; they have no place.
Config make_string(std::string text);
Config make_array(std::vector<Config> items);
Config make_object(std::vector<Config::Member> members);
/// An array with the place of the array `base`.
Config with_items(const Config& base, std::vector<Config> items);
/// A copy of the object `base` with its place. The given members replace those with the same key, or come first.
Config with_members(const Config& base, std::vector<Config::Member> members);
/// The same without the members that have these keys.
Config without_members(const Config& base, const std::set<std::string>& keys);

/// Uses few lines of at most 100 columns if possible, indented by two spaces; ends with a newline.
std::string pretty_json(const Config& value);

/// Without white space, with the keys of each object sorted: equal for equal values in every layout.
std::string canonical_json(const Config& value);

}  // namespace tellina

#include "host/study/design.hpp"

#include <algorithm>

namespace tellina {
namespace {

template <typename Named>
const Named* find_named(const std::vector<Named>& items, const std::string& name) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Named& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

const Block* Design::find_block(const std::string& name) const { return find_named(blocks, name); }
const Treatment* Design::find_treatment(const std::string& name) const { return find_named(treatments, name); }
const Form* Design::find_form(const std::string& name) const { return find_named(forms, name); }
const Group* Design::find_group(const std::string& name) const { return find_named(groups, name); }

}  // namespace tellina

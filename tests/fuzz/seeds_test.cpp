/// Every kept input of every reader: samples, and inputs that once broke a reader.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "fuzz/target.hpp"
#include "host/runtime/files.hpp"

namespace tellina::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path seeds(TELLINA_FUZZ_SEEDS);

TEST(FuzzSeeds, AreReadByTheirTargets) {
  std::set<std::string> names;
  for (const Target& target : Target::all()) {
    names.insert(target.name);
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(seeds / target.name)) {
      SCOPED_TRACE(entry.path().string());
      target.read(tellina::read_text(entry.path()));
      ++count;
    }
    EXPECT_GE(count, 2U) << target.name;
    target.read({});
  }
  for (const auto& entry : fs::directory_iterator(seeds)) {
    EXPECT_TRUE(names.contains(entry.path().filename())) << entry.path() << " is read by no target";
  }
}

}  // namespace
}  // namespace tellina::fuzz

#pragma once

/// Reads a store beside a server that writes it.

#include <functional>
#include <memory>
#include <string>

#include "host/store/database.hpp"
#include "host/store/store.hpp"

namespace tellina {

/// Takes no lock that a writer waits for, and changes nothing in the file.
///
/// Threads: one at a time.
class StoreReader {
 public:
  /// Null where there is no file yet. Throws StoreError where it is none of ours, or of another version.
  static std::unique_ptr<StoreReader> open(const std::string& path, const Clock& clock);

  explicit StoreReader(std::unique_ptr<Database> database, const Clock& clock);
  /// Everything that the job reads is of one moment. Throws StoreError, also where the job writes.
  void run(const std::function<void(StoreTransaction&)>& job);

 private:
  std::unique_ptr<Database> m_database;
  const Clock& m_clock;
  const std::string m_boot_id;
};

}  // namespace tellina

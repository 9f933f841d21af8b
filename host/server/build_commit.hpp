#pragma once

namespace tellina {

/// The commit of the source text of this program, with a "+" if it had other changes; empty if it was built outside of
/// a repository.
const char* build_commit();

}  // namespace tellina

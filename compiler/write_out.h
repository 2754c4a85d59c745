// Puts out/ on the disk: all of it or none. The new tree is built beside the old one and the two
// change places in one step, so neither a full disk nor an interrupt leaves half of it behind.
#pragma once

#include <filesystem>
#include <string>

#include "compiler/check/check.h"

namespace tinycc {

/// Writes the files to `folder`, which is made, or replaced if tinycc wrote it (a file named
/// .tinycc-files in it lists what): files that are not written again are dropped, files whose text
/// is the same keep their time, so that make rebuilds only what changed, and what others put there
/// (object files, notes) stays. Error(cannot_write) if that fails, or for a folder that holds files
/// of others only; then everything is as it was.
void write_out(const std::string& folder, const CheckedSources& sources);

/// All bytes of a file; none where it cannot be read.
std::string file_text(const std::filesystem::path& path);

}  // namespace tinycc

// Several targets in one folder: the network for a device and in C, each in a folder of its own, and over
// both one interface that runs the C where there is no such device.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/check/check.h"
#include "emitters/host.h"

namespace tinycc {

/// What became of one target. No sources: the line ended before.
struct Built {
  Program program;
  std::vector<GoldenCase> golden;
  std::optional<CheckedSources> sources;
};

/// All files of out/. `parts`: a device's program and one in C, in any order; `name`: the network's own;
/// `dependencies`: as HostInputs has them.
CheckedSources with_front(const std::vector<Built>& parts, const std::string& name,
                          const std::vector<std::string>& dependencies);

}  // namespace tinycc

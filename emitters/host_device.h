// What the host emitter does differently for a device. Internal to it; see host_device.cc.
#pragma once

#include "emitters/host_files.h"

namespace tinycc {

/// NAME.c, NAME.cl, NAME_program.c.
std::vector<SourceFile> device_files(const HostInputs& host);
/// What the header's template names besides what those of all targets do.
TextValues device_values(const HostInputs& host);
/// Calls as a device's host makes them, with the numbers of memories and kernels found once.
class DeviceCalls {
 public:
  explicit DeviceCalls(const HostInputs& host);
  /// A call step as a statement: a launch, with the numbers that its kernel takes.
  std::string launch(const Step& step, const std::vector<std::string>& scalars,
                     size_t indent) const;
  /// Whether a scalar of the device's memory is true, as an expression.
  std::string flag(int64_t buffer) const;

 private:
  const HostInputs& host_;
  std::map<int64_t, std::string> memories_;  // by buffer: the enumerator
  std::map<size_t, size_t> kernels_;         // by the program's number: that in the table
};

}  // namespace tinycc

// What the host emitter does differently for a device. Internal to it; see host_device.cc.
#pragma once

#include "emitters/host_files.h"

namespace tinycc {

/// NAME.c, NAME.cl, NAME_program.c.
std::vector<SourceFile> device_files(const HostInputs& host);
/// What the header's template names besides what those of all targets do.
TextValues device_values(const HostInputs& host);
/// A call step as a statement: a launch, with the numbers that its kernel takes.
std::string device_call(const HostInputs& host, const Step& step,
                        const std::vector<std::string>& scalars, size_t indent);
/// Whether a scalar of the device's memory is true, as an expression.
std::string device_flag(const HostInputs& host, int64_t buffer);

}  // namespace tinycc

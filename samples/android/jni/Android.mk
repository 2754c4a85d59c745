LOCAL_PATH := $(call my-dir)

# What tinycc wrote, without the programs around it.
include $(CLEAR_VARS)
LOCAL_MODULE            := digits
LOCAL_SRC_FILES         := $(patsubst $(LOCAL_PATH)/%,%,$(filter-out %_test.c %_bench.c %_cli.c \
                             %/tinycc_rt.c,$(wildcard $(LOCAL_PATH)/digits/*.c)))
LOCAL_CFLAGS            := -O3 -fno-math-errno
LOCAL_EXPORT_C_INCLUDES := $(LOCAL_PATH)/digits
include $(BUILD_STATIC_LIBRARY)

include $(CLEAR_VARS)
LOCAL_MODULE           := classify
LOCAL_SRC_FILES        := classify.c
LOCAL_STATIC_LIBRARIES := digits
include $(BUILD_SHARED_LIBRARY)

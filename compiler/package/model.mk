# tinycc as a step of a Makefile, for GNU make 4.0 or later; installed with tinycc. In:
#
#     include $(shell pkg-config --variable=model_mk tinycc)
#     net_options := --target c:cpu=cortex-m4,prefer=ram
#     $(eval $(call tinycc_model,net,models/net.yaml))
#     firmware: main.c $(net_lib)
#     	$(CC) $(net_include) -o $@ $^
#
# Out, for each model: NAME_dir, the folder with its sources, build/NAME; NAME_files, all that tinycc
# wrote there; NAME_lib, the library; NAME_include. tinycc runs again when it, its arguments, the model
# or a file that the model names has changed, or a file that it wrote is gone; of the library, what
# differs then is compiled. To be set before, where the defaults do not do:
tinycc_share := $(dir $(lastword $(MAKEFILE_LIST)))
TINYCC_OUT   ?= build
TINYCC       ?= $(firstword $(wildcard $(tinycc_share)../../bin/tinycc $(tinycc_share)../../tinycc) tinycc)
# what the Makefile of NAME_dir is told, for instance CFLAGS="…" besides, to replace tinycc's
TINYCC_MAKE  ?= CC="$(CC)" AR="$(AR)"

tinycc_program := $(or $(wildcard $(TINYCC)),$(shell command -v $(TINYCC)))

# NAME.mk, a makefile, is what tinycc's run leaves: what it read, and what it wrote. Make remakes it
# before all else (not to clean up), then reads it anew, so the files are known that this build has.
# Its time is that of tinycc's start: what is saved during the run is newer.
define tinycc_model
$(1)_dir     := $(TINYCC_OUT)/$(1)
$(1)_lib     := $(TINYCC_OUT)/$(1)/lib$(1).a
$(1)_include := -I$(TINYCC_OUT)/$(1)
$(1)_command := $(strip $(TINYCC) $(2) -o $(TINYCC_OUT)/$(1) --name $(1) $($(1)_options))
ifneq ($$(filter-out clean distclean,$$(or $$(MAKECMDGOALS),all)),)
include $(TINYCC_OUT)/$(1).mk
endif
$(1)_stale   := $$(filter-out $$(wildcard $$($(1)_files)),$$($(1)_files))
ifneq ($$($(1)_command),$$($(1)_made_by))
$(1)_stale   += command
endif
$(TINYCC_OUT)/$(1).mk: $(2) $(tinycc_program) $$(if $$(MAKE_RESTARTS),,$$(if $$($(1)_stale),tinycc_always))
	@mkdir -p $$(@D) && touch $$@.start
	$$($(1)_command) --depfile $$@.d
	@echo '$(1)_made_by := $$(subst ','\'',$$($(1)_command))' >$$@.new
	@sed -e '1d;s|^|$(1)_files += $$($(1)_dir)/|' $$($(1)_dir)/.tinycc-files >>$$@.new
	@sed -e 's|^[^:]*:|$$@:|;p;s|^[^:]*:||;s|$$$$|:|' $$@.d >>$$@.new
	@touch -r $$@.start $$@.new && mv $$@.new $$@ && rm $$@.start $$@.d
$$($(1)_lib): $$($(1)_files)
	+$$(MAKE) -C $$($(1)_dir) lib $$(TINYCC_MAKE)
	@touch $$@
endef

.PHONY: tinycc_always
tinycc_always:

# SPDX-License-Identifier: BSD-2-Clause
# $(eval $(call dep_source,VARIABLE,NAME,FILES)): the fetched source of deps/NAME.recipe.
# VARIABLE is its folder, VARIABLE_SRCS the FILES below it as paths. It is there before anything
# of the application that asked for it is compiled.

define dep_source
ifndef $(1)
$(1) := $$(O)/deps/$(2)-$$(shell sed -n 's/^VERSION=//p' deps/$(2).recipe)/src
$(1)_SRCS := $(3:%=$$($(1))/%)
$$(patsubst %/src,%,$$($(1)))/.fetched: deps/$(2).recipe deps/fetch.sh
	@O=$$(O) deps/fetch.sh $(2) && touch $$@
$$($(1)_SRCS): $$(patsubst %/src,%,$$($(1)))/.fetched ;
endif
$$(n).ready += $$(patsubst %/src,%,$$($(1)))/.fetched
endef

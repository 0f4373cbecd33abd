# SPDX-License-Identifier: BSD-2-Clause
# The web server for an application that says DEPS = lighttpd: LIGHTTPD_SRCS are the sources of the
# program (main included) with the modules of the application's plugin-static.h, LIGHTTPD_DEFINES
# says that they are linked and that the application has the config.h that configure would write.
include deps/source.mk
$(eval $(call dep_source,LIGHTTPD,lighttpd,$(patsubst %,src/%.c,algo_hmac algo_md5 algo_sha1 \
	algo_splaytree algo_xxhash array base64 buffer burl chunk ck configfile configfile-glue \
	configparser connections data_config fdevent fdevent_fdnode fdevent_impl fdlog \
	fdlog_maint gw_backend h2 http-header-glue http_cgi http_chunk http_date http_etag \
	http_header http_kv http_range keyvalue log ls-hpack/lshpack network network_write plugin \
	rand reqpool request response server sock_addr sock_addr_cache stat_cache sys-setjmp \
	mod_access mod_accesslog mod_alias mod_auth mod_auth_api mod_authn_file mod_dirlisting \
	mod_expire mod_indexfile mod_proxy mod_redirect mod_rewrite mod_setenv mod_simple_vhost \
	mod_staticfile mod_status mod_userdir)))
LIGHTTPD_DEFINES := HAVE_CONFIG_H LIGHTTPD_STATIC _FILE_OFFSET_BITS=64
LIGHTTPD_INCLUDES := $(LIGHTTPD)/src

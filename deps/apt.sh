# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# To be sourced: an apt tree of our own, with the archives this machine already uses. Nothing of the
# system changes and no root is needed.

# The suite this machine follows: its archive entries are the ones to derive ours from.
machine_suite() {
	# shellcheck source=/dev/null
	( . /etc/os-release 2>/dev/null; echo "${VERSION_CODENAME:-bookworm}" )
}

# Print "options|uri|suite" for each Debian archive entry of the machine, both file formats.
# An entry counts when it carries the machine's own suite (or its -security twin) and main.
machine_sources() {
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$f" ] && cat "$f" && echo
	done | awk -v own="$1" '
		$1 == "deb" || $1 == "deb-src" {
			opt = ""; i = 2
			if ($2 ~ /^\[/) {
				while ($i !~ /\]$/ && i < NF) opt = opt " " $(i++)
				opt = opt " " $(i++)
				gsub(/^ *\[ *| *\] *$/, "", opt)
			}
			gsub(/arch(itectures)?=[^ ]*/, "", opt)
			gsub(/^ +| +$/, "", opt)
			uri = $i; suite = $(i + 1); main = 0
			for (i += 2; i <= NF && $i !~ /^#/; i++) if ($i == "main") main = 1
			if (main && uri !~ /^cdrom:/ && (suite == own || suite == own "-security"))
				print opt "|" uri "|" suite
		}'
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] && cat "$f" && echo && echo
	done | awk -v own="$1" '
		function flush_entry(    n, m, i, j, u, s, opt) {
			n = split(field["uris"], u); m = split(field["suites"], s)
			opt = ""
			if (key != "") opt = "signed-by=" key
			if ((" " field["components"] " ") ~ / main / && field["enabled"] !~ /^ *no/)
				for (i = 1; i <= n; i++) for (j = 1; j <= m; j++)
					if (u[i] !~ /^cdrom:/ &&
					    (s[j] == own || s[j] == own "-security"))
						print opt "|" u[i] "|" s[j]
			split("", field); key = ""; last = ""
		}
		/^#/ { next }
		/^[ \t]*$/ { flush_entry(); next }
		/^[ \t]/ { field[last] = field[last] $0; next }
		{
			i = index($0, ":"); last = tolower(substr($0, 1, i - 1))
			field[last] = substr($0, i + 1)
			if (last == "signed-by" && $2 ~ /^\//) key = $2
		}
		END { flush_entry() }'
}

# apt_tree FOLDER SUITE TYPE [ARCH]: make the private tree there, for sources (TYPE deb-src) or for
# packages of a processor (deb); ${1}/apt.conf is what apt-get -c takes. Fails when the machine has
# no Debian archive.
apt_tree() {
	own=$(machine_suite)
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/empty"
	: >"$1/status"
	# The same version in two archives is taken from the first: security updates stand last.
	machine_sources "$own" | sort -u | sort -s -t'|' -k3,3 |
	while IFS='|' read -r opt uri suite; do
		echo "$3 ${opt:+[$opt] }$uri $2${suite#"$own"} main"
	done >"$1/sources.list"
	cat >"$1/apt.conf" <<-END
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	Dir::Etc::SourceList "$1/sources.list";
	Dir::Etc::SourceParts "$1/empty";
	Dir::State::Lists "$1/lists";
	Dir::State::status "$1/status";
	Dir::Cache "$1/cache";
	Dir::Cache::pkgcache "";
	Dir::Cache::srcpkgcache "";
	Dir::Log "$1/cache";
	Acquire::Languages "none";
	Acquire::Retries "2";
	APT::Sandbox::User "root";
	END
	if [ "$3" = deb ]; then
		cat >>"$1/apt.conf" <<-END
		APT::Architecture "$4";
		#clear APT::Architectures;
		APT::Architectures { "$4"; };
		#clear Acquire::IndexTargets::deb;
		Acquire::IndexTargets::deb::Packages {
			MetaKey "\$(COMPONENT)/binary-\$(ARCHITECTURE)/Packages";
			ShortDescription "Packages";
			Description "\$(RELEASE)/\$(COMPONENT) \$(ARCHITECTURE) Packages";
			flatMetaKey "Packages";
			flatDescription "\$(RELEASE) Packages";
			Optional "0";
		};
		END
	else
		cat >>"$1/apt.conf" <<-END
		#clear Acquire::IndexTargets::deb-src;
		Acquire::IndexTargets::deb-src::Sources {
			MetaKey "\$(COMPONENT)/source/Sources";
			ShortDescription "Sources";
			Description "\$(RELEASE)/\$(COMPONENT) Sources";
			flatMetaKey "Sources";
			flatDescription "\$(RELEASE) Sources";
			Optional "0";
		};
		END
	fi
	[ -s "$1/sources.list" ]
}

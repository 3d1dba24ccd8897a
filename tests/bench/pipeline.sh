#!/bin/sh
# pipeline.sh IMAGE FOLDER: ask with public command-line tools what esuscan is asked in the
# benchmark: which Windows, which build, which host, which CBS packages. Written to be fast: one
# table listing, one lookup and one extraction a hive, and hivexsh for the list of packages.

set -eu
image=$1 folder=$2

start=$(mmls "$image" | awk '/NTFS/ { print $3; exit }')
for hive in SOFTWARE SYSTEM; do
    entry=$(ifind -o "$start" -n "Windows/System32/config/$hive" "$image")
    icat -o "$start" "$image" "$entry" >"$folder/$hive"
done
for value in ProductName CurrentVersion CurrentBuildNumber BuildLabEx CSDVersion; do
    hivexget "$folder/SOFTWARE" 'Microsoft\Windows NT\CurrentVersion' $value
done
set=$(hivexget "$folder/SYSTEM" Select Current)
hivexget "$folder/SYSTEM" "ControlSet00${set#0x0000000}\\Control\\ComputerName\\ComputerName" ComputerName
printf '%s\n' 'cd \Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages' ls |
    hivexsh "$folder/SOFTWARE"

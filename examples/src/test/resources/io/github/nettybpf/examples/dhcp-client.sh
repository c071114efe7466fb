#!/bin/sh
# The script that udhcpc and dhclient run: it only gives the interface its address, and prints the event.
case ${reason:-$1} in
    PREINIT | deconfig) ip link set "$interface" up && ip -4 address flush dev "$interface" ;;
    BOUND | RENEW | REBIND | REBOOT)
        ip address replace "$new_ip_address/$new_subnet_mask" dev "$interface" && echo "$reason $new_ip_address" ;;
    bound | renew) ip address replace "$ip/$subnet" dev "$interface" && echo "$1 $ip" ;;
    *) echo "${reason:-$1}" ;;
esac

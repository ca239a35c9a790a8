#!/bin/busybox sh
# First and only program of an emulated board: brings it up and runs the kiosk. Facts come as pickup.NAME=VALUE words of the
# kernel's command line; what is said goes to the console, which the other side reads.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp XDG_CACHE_HOME=/tmp RUST_LOG=${RUST_LOG:-info} NO_COLOR=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
for module in $(cat /modules/order); do insmod /modules/$module; done
for word in $(cat /proc/cmdline); do
    case $word in pickup.*) eval "${word#pickup.}" ;; esac
done
[ -z "$now" ] || date -u -s @"$now" > /dev/null
ip link set lo up
# A network card on USB comes some time after its driver.
tries=0
while [ ! -e /sys/class/net/eth0 ] && [ $tries -lt 200 ]; do tries=$((tries + 1)); sleep 0.1; done
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2

# Steady names by serial number, as the udev rules of a real kiosk give them.
mkdir -p /dev/pickup
tries=0
while [ "$(ls /dev/pickup | wc -l)" -lt "${devices:-4}" ] && [ $tries -lt 300 ]; do
    for tty in /sys/class/tty/ttyUSB*; do
        name=$(cat "$tty/device/../../serial" 2> /dev/null)
        [ -z "$name" ] || ln -sf "/dev/${tty##*/}" "/dev/pickup/$name"
    done
    tries=$((tries + 1))
    sleep 0.1
done
tries=0
while [ ! -b /dev/vda ] && [ ! -b /dev/mmcblk0 ] && [ $tries -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
disk=/dev/vda
[ -b $disk ] || disk=/dev/mmcblk0
mount -t ext4 $disk /data || echo "BOARD has no disk"
echo "BOARD is up after $(cut -d' ' -f1 /proc/uptime) s with $(ls /dev/pickup | tr '\n' ' ')"

if [ ! -f /data/kiosk/enrolment.json ]; then
    pickup-kiosk enrol --config /data/kiosk.toml --backend "$backend" --code "$code" || echo "BOARD enrol failed"
    sync
fi
# Each write to the journal is told at once, so that the other side can cut the power there.
inotifywait -m -q -e modify --format 'BOARD wrote %f' /data/kiosk &

# Input devices as udev would describe them: libinput takes none that udev does not know.
mkdir -p /run/udev/data
for event in /sys/class/input/event*; do
    [ ! -e "$event/dev" ] || printf 'I:1000000\nE:ID_INPUT=1\nE:ID_INPUT_TOUCHSCREEN=1\nG:seat\nV:1\n' > "/run/udev/data/c$(cat "$event/dev")"
done
pickup-kiosk run --config "/data/${settings:-kiosk}.toml"
echo "BOARD kiosk ended with status $?"
sync
reboot -f

// Runs the VM of golang.org/x/net/bpf on the frames.
//
//	x_net_bpf FRAMES PROGRAM
//
// FRAMES is the file that Frames.write writes; PROGRAM is "count,code jt jf k,code jt jf k,...". PeerProcess.java
// describes the requests.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/net/bpf"
)

const clockThreadCPUTime = 3

func main() {
	runtime.LockOSThread()
	if len(os.Args) != 3 {
		log.Fatal("usage: x_net_bpf FRAMES PROGRAM")
	}
	packets := readPackets(os.Args[1])
	vm, err := newVM(os.Args[2])
	if err != nil {
		fmt.Printf("refused: %v\n", err)
		return
	}
	fmt.Println("ready")
	requests := bufio.NewReader(os.Stdin)
	for {
		var from, to int
		if _, err := fmt.Fscan(requests, &from, &to); err != nil {
			return
		}
		checksum := uint32(0)
		start := cpuNanos()
		for _, packet := range packets[from:to] {
			verdict, err := vm.Run(packet)
			if err != nil {
				log.Fatal(err)
			}
			checksum = checksum*31 + uint32(verdict)
		}
		fmt.Println(cpuNanos()-start, checksum)
	}
}

func newVM(program string) (*bpf.VM, error) {
	var filter []bpf.Instruction
	for _, line := range strings.Split(strings.TrimRight(program, ","), ",")[1:] {
		var raw bpf.RawInstruction
		if _, err := fmt.Sscan(line, &raw.Op, &raw.Jt, &raw.Jf, &raw.K); err != nil {
			return nil, err
		}
		filter = append(filter, raw.Disassemble())
	}
	return bpf.NewVM(filter)
}

// readPackets returns the packets in their order.
func readPackets(path string) [][]byte {
	bytes, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	next := func() int {
		value := binary.BigEndian.Uint32(bytes)
		bytes = bytes[4:]
		return int(value)
	}
	frames := make([][]byte, next())
	for i := range frames {
		length := next()
		frames[i], bytes = bytes[:length:length], bytes[length:]
	}
	packets := make([][]byte, next())
	for i := range packets {
		packets[i] = frames[next()]
	}
	return packets
}

func cpuNanos() int64 {
	var now syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPUTime, uintptr(unsafe.Pointer(&now)), 0)
	if errno != 0 {
		log.Fatal(errno)
	}
	return now.Nano()
}

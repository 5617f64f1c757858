(module
  ;; Makes the calls that a request lists in the hexadecimal digits of its header x-calls, and answers with their outcomes.
  ;; A path that begins with /r has them made at the headers of the response, /t in a tick that acts for the request.
  ;; The plugin's configuration lists calls too, in bytes; /c answers with their outcomes.
  ;; A call is the size of a name, the name, the size of an argument in two bytes, the argument; the names "get" and
  ;; "set" stand for the calls about properties, all others for foreign functions. An outcome is a status in one byte,
  ;; the size of a result in four bytes, the result.
  (import "env" "proxy_get_header_map_value" (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_property" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_property" (func $set (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_call_foreign_function" (func $foreign (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $act_for (param i32) (result i32)))
  (memory (export "memory") 128)
  (global $next (mut i32) (i32.const 0))
  (global $out (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))
  (global $later (mut i32) (i32.const 0))
  (global $waiting (mut i32) (i32.const 0))
  (global $configured (mut i32) (i32.const 0))
  (data (i32.const 100) "x-calls")
  (data (i32.const 110) ":path")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (global.set $next (i32.add (global.get $next) (local.get $size)))
    (i32.sub (global.get $next) (local.get $size)))

  (func $digit (param $at i32) (result i32)
    (local $byte i32)
    (local.set $byte (i32.load8_u (local.get $at)))
    (i32.sub (local.get $byte)
      (select (i32.const 87) (i32.const 48) (i32.gt_u (local.get $byte) (i32.const 57)))))

  ;; Reads the digits into memory from 0x10000: later the gateway may have let go of the request.
  (func $read
    (local $from i32) (local $end i32) (local $to i32)
    (drop (call $header (i32.const 0) (i32.const 100) (i32.const 7) (i32.const 8) (i32.const 12)))
    (local.set $from (i32.load (i32.const 8)))
    (local.set $end (i32.add (local.get $from) (i32.load (i32.const 12))))
    (local.set $to (i32.const 0x10000))
    (loop $more
      (if (i32.lt_u (local.get $from) (local.get $end))
        (then
          (i32.store8 (local.get $to)
            (i32.or (i32.shl (call $digit (local.get $from)) (i32.const 4))
              (call $digit (i32.add (local.get $from) (i32.const 1)))))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $from (i32.add (local.get $from) (i32.const 2)))
          (br $more))))
    (global.set $end (local.get $to)))

  (func $call (param $name i32) (param $name_size i32) (param $argument i32) (param $size i32) (result i32)
    (if (i32.eq (local.get $name_size) (i32.const 3)) (then
      (if (i32.eq (i32.load8_u (local.get $name)) (i32.const 103)) ;; g
        (then (return (call $get (local.get $argument) (local.get $size) (i32.const 8) (i32.const 12)))))
      ;; The path's size stands before it.
      (return (call $set
        (i32.add (local.get $argument) (i32.const 1)) (i32.load8_u (local.get $argument))
        (i32.add (i32.add (local.get $argument) (i32.const 1)) (i32.load8_u (local.get $argument)))
        (i32.sub (local.get $size) (i32.add (i32.load8_u (local.get $argument)) (i32.const 1)))))))
    (call $foreign (local.get $name) (local.get $name_size) (local.get $argument) (local.get $size)
      (i32.const 8) (i32.const 12)))

  ;; Makes the calls from 0x10000 on and writes their outcomes to an address.
  (func $make (param $out i32)
    (local $at i32) (local $argument i32) (local $status i32)
    (global.set $next (i32.const 0x400000))
    (global.set $out (local.get $out))
    (local.set $at (i32.const 0x10000))
    (loop $more
      (if (i32.lt_u (local.get $at) (global.get $end))
        (then
          (i32.store (i32.const 12) (i32.const 0))
          (local.set $argument (i32.add (i32.add (local.get $at) (i32.load8_u (local.get $at))) (i32.const 3)))
          (local.set $status (call $call
            (i32.add (local.get $at) (i32.const 1)) (i32.load8_u (local.get $at))
            (local.get $argument) (i32.load16_u (i32.sub (local.get $argument) (i32.const 2)))))
          (i32.store8 (global.get $out) (local.get $status))
          (i32.store (i32.add (global.get $out) (i32.const 1)) (i32.load (i32.const 12)))
          (memory.copy (i32.add (global.get $out) (i32.const 5)) (i32.load (i32.const 8)) (i32.load (i32.const 12)))
          (global.set $out (i32.add (i32.add (global.get $out) (i32.const 5)) (i32.load (i32.const 12))))
          (local.set $at
            (i32.add (local.get $argument) (i32.load16_u (i32.sub (local.get $argument) (i32.const 2)))))
          (br $more)))))

  (func $send (param $from i32) (param $to i32)
    (drop (call $reply (i32.const 200) (i32.const 0) (i32.const 0)
      (local.get $from) (i32.sub (local.get $to) (local.get $from)) (i32.const 0) (i32.const 0) (i32.const -1))))

  (func $answer
    (call $make (i32.const 0x200000))
    (call $send (i32.const 0x200000) (global.get $out)))

  (func (export "proxy_on_configure") (param i32) (param $size i32) (result i32)
    (global.set $next (i32.const 0x400000))
    (drop (call $tick (i32.const 20)))
    (drop (call $buffer (i32.const 7) (i32.const 0) (local.get $size) (i32.const 8) (i32.const 12)))
    (memory.copy (i32.const 0x10000) (i32.load (i32.const 8)) (local.get $size))
    (global.set $end (i32.add (i32.const 0x10000) (local.get $size)))
    (call $make (i32.const 0x180000))
    (global.set $configured (global.get $out))
    (i32.const 1))

  (func (export "proxy_on_request_headers") (param $context i32) (param i32 i32) (result i32)
    (local $letter i32)
    (global.set $next (i32.const 0x400000))
    (call $read)
    (drop (call $header (i32.const 0) (i32.const 110) (i32.const 5) (i32.const 8) (i32.const 12)))
    (local.set $letter (i32.load8_u offset=1 (i32.load (i32.const 8))))
    (global.set $later (i32.eq (local.get $letter) (i32.const 114))) ;; r
    (if (global.get $later) (then (return (i32.const 0))))
    (if (i32.eq (local.get $letter) (i32.const 116)) ;; t
      (then (global.set $waiting (local.get $context)))
      (else (if (i32.eq (local.get $letter) (i32.const 99)) ;; c
        (then (call $send (i32.const 0x180000) (global.get $configured)))
        (else (call $answer)))))
    (i32.const 1))

  (func (export "proxy_on_tick") (param i32)
    (if (global.get $waiting) (then
      (drop (call $act_for (global.get $waiting)))
      (global.set $waiting (i32.const 0))
      (call $answer))))

  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (if (i32.eqz (global.get $later)) (then (return (i32.const 0)))) ;; its own reply
    (global.set $later (i32.const 0))
    (call $answer)
    (i32.const 1)))

;; The smallest plugin that tells what it got: it logs its configuration, wants an object or nothing at all,
;; and crashes on the first request when it got nothing.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 4096))
  (global $configured (mut i32) (i32.const 0))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $size))))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))
  (func (export "proxy_on_configure") (param $context i32) (param $size i32) (result i32)
    (global.set $configured (local.get $size))
    (if (i32.eqz (local.get $size)) (then (return (i32.const 1))))
    ;; Buffer 7 is the plugin's configuration; its address and size are written to 0 and 4. Level 2 is info.
    (drop (call $buffer (i32.const 7) (i32.const 0) (local.get $size) (i32.const 0) (i32.const 4)))
    (drop (call $log (i32.const 2) (i32.load (i32.const 0)) (i32.load (i32.const 4))))
    ;; 123 is an opening brace.
    (i32.eq (i32.load8_u (i32.load (i32.const 0))) (i32.const 123)))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (if (i32.eqz (global.get $configured)) (then (unreachable)))
    (i32.const 0)))

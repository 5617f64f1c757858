(module
  ;; Asks as the request's path says: `/call/METHOD` with a long timeout, `/soon/METHOD` with a short one, `/zero/METHOD`
  ;; with none, `/feed/METHOD` for a stream; the cluster is that of the header x-cluster. Logs the status of each host call as a letter, `A` for 0, and what comes back.
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_status" (func $get_status (param i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_call" (func $grpc_call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_stream" (func $grpc_stream (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_send" (func $send (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (data (i32.const 100) ":path")
  (data (i32.const 110) "x-cluster")
  (data (i32.const 120) "shop.Prices")
  (data (i32.const 140) "ask")
  (data (i32.const 150) "onetwo")
  (data (i32.const 160) "x-answer")
  (data (i32.const 170) "grpc-status")
  (data (i32.const 190) "status ? ")
  (data (i32.const 200) "headers ?")
  (data (i32.const 210) "message ?")
  (data (i32.const 220) "trailers?")
  (data (i32.const 230) "closed  ?")
  ;; One header, x-key: abc.
  (data (i32.const 300) "\01\00\00\00\05\00\00\00\03\00\00\00x-key\00abc\00")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (global.set $next (i32.add (global.get $next) (local.get $size)))
    (i32.sub (global.get $next) (local.get $size)))

  ;; Logs nine letters with a status in the place of the last.
  (func $say (param $text i32) (param $status i32)
    (i32.store8 (i32.add (local.get $text) (i32.const 8)) (i32.add (i32.const 65) (local.get $status)))
    (drop (call $log (i32.const 2) (local.get $text) (i32.const 9))))
  ;; Logs what was given last.
  (func $tell (drop (call $log (i32.const 2) (i32.load (i32.const 8)) (i32.load (i32.const 12)))))

  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $path i32) (local $size i32) (local $status i32) (local $kind i32)
    (drop (call $header (i32.const 0) (i32.const 100) (i32.const 5) (i32.const 8) (i32.const 12)))
    (local.set $path (i32.load (i32.const 8)))
    (local.set $size (i32.load (i32.const 12)))
    (local.set $kind (i32.load8_u offset=1 (local.get $path)))
    (drop (call $header (i32.const 0) (i32.const 110) (i32.const 9) (i32.const 8) (i32.const 12)))
    (if (i32.eq (local.get $kind) (i32.const 102)) ;; f
      (then
        (local.set $status (call $grpc_stream (i32.load (i32.const 8)) (i32.load (i32.const 12))
          (i32.const 120) (i32.const 11)
          (i32.add (local.get $path) (i32.const 6)) (i32.sub (local.get $size) (i32.const 6))
          (i32.const 300) (i32.const 22) (i32.const 16)))
        (call $say (i32.const 190) (local.get $status))
        (if (i32.eqz (local.get $status)) (then
          (call $say (i32.const 190) (call $send (i32.load (i32.const 16)) (i32.const 150) (i32.const 3) (i32.const 0)))
          (call $say (i32.const 190) (call $send (i32.load (i32.const 16)) (i32.const 153) (i32.const 3) (i32.const 1))))))
      (else
        (call $say (i32.const 190) (call $grpc_call (i32.load (i32.const 8)) (i32.load (i32.const 12))
          (i32.const 120) (i32.const 11)
          (i32.add (local.get $path) (i32.const 6)) (i32.sub (local.get $size) (i32.const 6))
          (i32.const 300) (i32.const 22) (i32.const 140) (i32.const 3)
          (select (i32.const 30000) ;; c
            (select (i32.const 400) (i32.const 0) (i32.eq (local.get $kind) (i32.const 115))) ;; s
            (i32.eq (local.get $kind) (i32.const 99)))
          (i32.const 16)))))
    (i32.const 0))

  (func (export "proxy_on_grpc_receive_initial_metadata") (param i32 i32 i32)
    (call $say (i32.const 200) (call $header (i32.const 4) (i32.const 160) (i32.const 8) (i32.const 8) (i32.const 12))))
  (func (export "proxy_on_grpc_receive") (param i32 i32 i32)
    (call $say (i32.const 210) (call $buffer (i32.const 5) (i32.const 0) (i32.const 1000) (i32.const 8) (i32.const 12)))
    (call $tell))
  (func (export "proxy_on_grpc_receive_trailing_metadata") (param i32 i32 i32)
    (call $say (i32.const 220) (call $header (i32.const 5) (i32.const 170) (i32.const 11) (i32.const 8) (i32.const 12))))
  (func (export "proxy_on_grpc_close") (param i32 i32 i32)
    (call $say (i32.const 230) (local.get 2))
    (drop (call $get_status (i32.const 24) (i32.const 8) (i32.const 12)))
    (call $tell)
    (call $say (i32.const 190) (i32.load (i32.const 24)))
    ;; A stream is closed on this side too.
    (if (i32.eq (i32.and (local.get 1) (i32.const 3)) (i32.const 2))
      (then (call $say (i32.const 190) (call $close (local.get 1)))))))

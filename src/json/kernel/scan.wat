;; The scan of JSON text, sixteen bytes at a time. `skip-value.ts` says the same in TypeScript and is the one that
;; names errors: here every refusal is -1, and whoever gets it asks the other one.
;;
;; Memory: [0, 65536) closing bytes of the open containers; [65536, 131072) what `members` finds; from 131072 on the
;; document, with zeros behind it: a zero ends every token and begins none, so no end is looked for. `kernel.ts` knows
;; these places too. Assembled into `code.ts` by `assemble.mjs`.
(module
  (memory (export "memory") 3)

  ;; Offset of the first byte at or after $at that is not white space.
  (func $space (param $at i32) (result i32)
    (local $c i32)
    (loop $next
      (if (i64.eq (i64.load (local.get $at)) (i64.const 0x2020202020202020))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (br $next)))
      (local.set $c (i32.load8_u (local.get $at)))
      (if (i32.or
            (i32.or (i32.eq (local.get $c) (i32.const 0x20)) (i32.eq (local.get $c) (i32.const 0x0a)))
            (i32.or (i32.eq (local.get $c) (i32.const 0x0d)) (i32.eq (local.get $c) (i32.const 0x09))))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next))))
    (local.get $at))

  ;; Offset past the escapes that stand one after the other at $at, or -1.
  (func $escapes (param $at i32) (result i32)
    (local $text v128) (local $fit i32) (local $c i32)
    (loop $next
      (local.set $text (v128.load (local.get $at)))
      ;; Two \uXXXX are twelve bytes: backslashes at 0 and 6, `u` at 1 and 7, hexadecimal digits between.
      (local.set $fit
        (i32.or
          (i32.or
            (i32.and
              (i8x16.bitmask (i8x16.eq (local.get $text) (i8x16.splat (i32.const 0x5c))))
              (i32.const 0x041))
            (i32.and
              (i8x16.bitmask (i8x16.eq (local.get $text) (i8x16.splat (i32.const 0x75))))
              (i32.const 0x082)))
          (i32.and
            (i8x16.bitmask
              (v128.or
                (i8x16.lt_u (i8x16.sub (local.get $text) (i8x16.splat (i32.const 0x30))) (i8x16.splat (i32.const 10)))
                (i8x16.lt_u
                  (i8x16.sub (v128.or (local.get $text) (i8x16.splat (i32.const 0x20))) (i8x16.splat (i32.const 0x61)))
                  (i8x16.splat (i32.const 6)))))
            (i32.const 0xf3c))))
      (if (i32.eq (local.get $fit) (i32.const 0xfff))
        (then (local.set $at (i32.add (local.get $at) (i32.const 12))))
        (else
          (if (i32.eq (i32.and (local.get $fit) (i32.const 0x3f)) (i32.const 0x3f))
            (then (local.set $at (i32.add (local.get $at) (i32.const 6))))
            (else
              ;; One of " / \ b f n r t, looked up in 128 bits.
              (local.set $c (i32.load8_u offset=1 (local.get $at)))
              (if (i32.ge_u (local.get $c) (i32.const 0x80)) (then (return (i32.const -1))))
              (if (i32.eqz
                    (i32.wrap_i64
                      (i64.and
                        (i64.shr_u
                          (select
                            (i64.const 0x0000800400000000)
                            (i64.const 0x0014404410000000)
                            (i32.lt_u (local.get $c) (i32.const 0x40)))
                          (i64.extend_i32_u (i32.and (local.get $c) (i32.const 0x3f))))
                        (i64.const 1))))
                (then (return (i32.const -1))))
              (local.set $at (i32.add (local.get $at) (i32.const 2)))))))
      (br_if $next (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5c))))
    (local.get $at))

  ;; Offset past at least one digit, or -1.
  (func $digits (param $at i32) (result i32)
    (if (i32.ge_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30)) (i32.const 10)) (then (return (i32.const -1))))
    (loop $next
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30)) (i32.const 10))))
    (local.get $at))

  ;; Offset past the number, `true`, `false`, `null`, `NaN`, `Infinity` or `-Infinity` at $at, or -1.
  (func $scalar (param $at i32) (result i32)
    (local $c i32)
    (local.set $c (i32.load8_u (local.get $at)))
    (if (i32.eq (local.get $c) (i32.const 0x2d))
      (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $c (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $c) (i32.const 0x49)) (then (return (call $word (local.get $at))))))
      (else
        (if (i32.ge_u (i32.sub (local.get $c) (i32.const 0x30)) (i32.const 10)) (then (return (call $word (local.get $at)))))))
    ;; A leading zero stands alone: in `01` the caller meets the 1 where a comma or an end should be.
    (if (i32.eq (local.get $c) (i32.const 0x30))
      (then (local.set $at (i32.add (local.get $at) (i32.const 1))))
      (else
        (local.set $at (call $digits (local.get $at)))
        (if (i32.lt_s (local.get $at) (i32.const 0)) (then (return (i32.const -1))))))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x2e))
      (then
        (local.set $at (call $digits (i32.add (local.get $at) (i32.const 1))))
        (if (i32.lt_s (local.get $at) (i32.const 0)) (then (return (i32.const -1))))))
    (if (i32.eq (i32.or (i32.load8_u (local.get $at)) (i32.const 0x20)) (i32.const 0x65))
      (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $c (i32.load8_u (local.get $at)))
        (if (i32.or (i32.eq (local.get $c) (i32.const 0x2b)) (i32.eq (local.get $c) (i32.const 0x2d)))
          (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
        (local.set $at (call $digits (local.get $at)))))
    (local.get $at))

  (func $word (param $at i32) (result i32)
    (local $word i32)
    (local.set $word (i32.load (local.get $at)))
    (if (i32.or (i32.eq (local.get $word) (i32.const 0x65757274)) (i32.eq (local.get $word) (i32.const 0x6c6c756e)))
      (then (return (i32.add (local.get $at) (i32.const 4)))))
    (if (i32.and
          (i32.eq (local.get $word) (i32.const 0x736c6166))
          (i32.eq (i32.load8_u offset=4 (local.get $at)) (i32.const 0x65)))
      (then (return (i32.add (local.get $at) (i32.const 5)))))
    (if (i32.eq (i32.and (local.get $word) (i32.const 0xffffff)) (i32.const 0x4e614e))
      (then (return (i32.add (local.get $at) (i32.const 3)))))
    (if (i64.eq (i64.load (local.get $at)) (i64.const 0x7974696e69666e49))
      (then (return (i32.add (local.get $at) (i32.const 8)))))
    (i32.const -1))

  ;; Checks the value at or after $at and returns the offset past it, or -1. $levels more containers may open.
  (func $value (export "value") (param $at i32) (param $levels i32) (result i32)
    (local $c i32) (local $closer i32) (local $level i32) (local $isKey i32) (local $stops i32) (local $text v128)
    (if (i32.gt_u (local.get $levels) (i32.const 65535)) (then (local.set $levels (i32.const 65535))))
    (loop $token
      (local.set $c (i32.load8_u (local.get $at)))
      (if (i32.le_u (local.get $c) (i32.const 0x20))
        (then
          (local.set $at (call $space (local.get $at)))
          (local.set $c (i32.load8_u (local.get $at)))))
      (block $passed
        (if (i32.eq (local.get $c) (i32.const 0x22))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (block $closed
              (loop $string
                (local.set $text (v128.load (local.get $at)))
                ;; A quote, a backslash, or a control character: below 0x20 the smaller of the byte and 0x1f is itself.
                (local.set $stops
                  (i8x16.bitmask
                    (v128.or
                      (v128.or
                        (i8x16.eq (local.get $text) (v128.const i8x16 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22 0x22))
                        (i8x16.eq (local.get $text) (v128.const i8x16 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c 0x5c)))
                      (i8x16.eq
                        (i8x16.min_u (local.get $text) (v128.const i8x16 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f 0x1f))
                        (local.get $text)))))
                (if (i32.eqz (local.get $stops))
                  (then
                    (local.set $at (i32.add (local.get $at) (i32.const 16)))
                    (br $string)))
                (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $stops))))
                (local.set $c (i32.load8_u (local.get $at)))
                (br_if $closed (i32.eq (local.get $c) (i32.const 0x22)))
                (if (i32.ne (local.get $c) (i32.const 0x5c)) (then (return (i32.const -1))))
                (local.set $at (call $escapes (local.get $at)))
                (br_if $string (i32.gt_s (local.get $at) (i32.const 0)))
                (return (i32.const -1))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $passed (i32.eqz (local.get $isKey)))
            (local.set $c (i32.load8_u (local.get $at)))
            (if (i32.le_u (local.get $c) (i32.const 0x20))
              (then
                (local.set $at (call $space (local.get $at)))
                (local.set $c (i32.load8_u (local.get $at)))))
            (if (i32.ne (local.get $c) (i32.const 0x3a)) (then (return (i32.const -1))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (local.set $isKey (i32.const 0))
            (br $token)))
        (if (local.get $isKey) (then (return (i32.const -1))))
        ;; { is 0x7b and [ is 0x5b; their counterparts stand two places behind.
        (if (i32.eq (i32.or (local.get $c) (i32.const 0x20)) (i32.const 0x7b))
          (then
            (if (i32.ge_u (local.get $level) (local.get $levels)) (then (return (i32.const -1))))
            (i32.store8 (local.get $level) (local.get $closer))
            (local.set $level (i32.add (local.get $level) (i32.const 1)))
            (local.set $closer (i32.add (local.get $c) (i32.const 2)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (local.set $isKey (i32.eq (local.get $c) (i32.const 0x7b)))
            (local.set $c (i32.load8_u (local.get $at)))
            (if (i32.le_u (local.get $c) (i32.const 0x20))
              (then
                (local.set $at (call $space (local.get $at)))
                (local.set $c (i32.load8_u (local.get $at)))))
            (br_if $token (i32.ne (local.get $c) (local.get $closer))))
          (else
            (local.set $at (call $scalar (local.get $at)))
            (if (i32.lt_s (local.get $at) (i32.const 0)) (then (return (i32.const -1)))))))
      (loop $after
        (if (i32.eqz (local.get $level)) (then (return (local.get $at))))
        (local.set $c (i32.load8_u (local.get $at)))
        (if (i32.le_u (local.get $c) (i32.const 0x20))
          (then
            (local.set $at (call $space (local.get $at)))
            (local.set $c (i32.load8_u (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (if (i32.eq (local.get $c) (i32.const 0x2c))
          (then
            (local.set $isKey (i32.eq (local.get $closer) (i32.const 0x7d)))
            (br $token)))
        (if (i32.ne (local.get $c) (local.get $closer)) (then (return (i32.const -1))))
        (local.set $level (i32.sub (local.get $level) (i32.const 1)))
        (local.set $closer (i32.load8_u (local.get $level)))
        (br $after)))
    (unreachable))

  ;; The members of the object whose opening brace is before $at: how many, or -1, also when they are too many. The end
  ;; of the object goes to 65536; from 65552 on four numbers a member: start and end of the name, start and end of the
  ;; value. $levels more containers may open in a value.
  (func $members (export "members") (param $at i32) (param $levels i32) (result i32)
    (local $c i32) (local $record i32)
    (local.set $record (i32.const 65552))
    (local.set $at (call $space (local.get $at)))
    (block $closed
      (br_if $closed (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x7d)))
      (loop $next
        (if (i32.ge_u (local.get $record) (i32.const 131072)) (then (return (i32.const -1))))
        (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x22)) (then (return (i32.const -1))))
        (i32.store (local.get $record) (local.get $at))
        (local.set $at (call $value (local.get $at) (i32.const 0)))
        (if (i32.lt_s (local.get $at) (i32.const 0)) (then (return (i32.const -1))))
        (i32.store offset=4 (local.get $record) (local.get $at))
        (local.set $at (call $space (local.get $at)))
        (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3a)) (then (return (i32.const -1))))
        (local.set $at (call $space (i32.add (local.get $at) (i32.const 1))))
        (i32.store offset=8 (local.get $record) (local.get $at))
        (local.set $at (call $value (local.get $at) (local.get $levels)))
        (if (i32.lt_s (local.get $at) (i32.const 0)) (then (return (i32.const -1))))
        (i32.store offset=12 (local.get $record) (local.get $at))
        (local.set $record (i32.add (local.get $record) (i32.const 16)))
        (local.set $at (call $space (local.get $at)))
        (local.set $c (i32.load8_u (local.get $at)))
        (br_if $closed (i32.eq (local.get $c) (i32.const 0x7d)))
        (if (i32.ne (local.get $c) (i32.const 0x2c)) (then (return (i32.const -1))))
        (local.set $at (call $space (i32.add (local.get $at) (i32.const 1))))
        (br $next)))
    (i32.store (i32.const 65536) (i32.add (local.get $at) (i32.const 1)))
    (i32.shr_u (i32.sub (local.get $record) (i32.const 65552)) (i32.const 4))))

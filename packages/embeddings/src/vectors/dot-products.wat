;; The dot products of one vector with many. All lie one after another in memory, as 32-bit floats, each padded with zeros
;; to a multiple of 64 bytes: four sums of four numbers each, as one alone would make each addition wait for the last.
(module
  (memory (export "memory") 1)
  ;; $bytes is the size of one padded vector; the products are written to $out, as 32-bit floats.
  (func (export "dotProducts") (param $query i32) (param $bytes i32) (param $vector i32) (param $end i32) (param $out i32)
    (local $at i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $vectors
      (local.set $at (i32.const 0))
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0))
      (local.set $d (v128.const i32x4 0 0 0 0))
      (loop $numbers
        (local.set $a (f32x4.add (local.get $a) (f32x4.mul
          (v128.load (i32.add (local.get $query) (local.get $at)))
          (v128.load (i32.add (local.get $vector) (local.get $at))))))
        (local.set $b (f32x4.add (local.get $b) (f32x4.mul
          (v128.load offset=16 (i32.add (local.get $query) (local.get $at)))
          (v128.load offset=16 (i32.add (local.get $vector) (local.get $at))))))
        (local.set $c (f32x4.add (local.get $c) (f32x4.mul
          (v128.load offset=32 (i32.add (local.get $query) (local.get $at)))
          (v128.load offset=32 (i32.add (local.get $vector) (local.get $at))))))
        (local.set $d (f32x4.add (local.get $d) (f32x4.mul
          (v128.load offset=48 (i32.add (local.get $query) (local.get $at)))
          (v128.load offset=48 (i32.add (local.get $vector) (local.get $at))))))
        (br_if $numbers (i32.lt_u
          (local.tee $at (i32.add (local.get $at) (i32.const 64)))
          (local.get $bytes))))
      (local.set $a (f32x4.add
        (f32x4.add (local.get $a) (local.get $b))
        (f32x4.add (local.get $c) (local.get $d))))
      (f32.store (local.get $out) (f32.add
        (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
        (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (br_if $vectors (i32.lt_u
        (local.tee $vector (i32.add (local.get $vector) (local.get $bytes)))
        (local.get $end))))))

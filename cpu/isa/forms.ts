/**
 * Instruction forms, drawn as the book draws them (Book I 1.6), bit 0 first.
 *
 * A token is `NAME:width`. `/` is reserved and ignored; `=1` must be 1 and `=0`
 * must be 0. A field in several pieces names where each piece goes in the
 * value: `XT@0:5 … XT@5:1` puts five bits at the bottom and one above them.
 * `PO`, `XO`, `EO` are opcode fields; a row gives their values in the order in
 * which the form names them.
 *
 * @module
 */

/** Every form that a row may name. Families add theirs here, in book order. */
export const FORMS = {
  I: "PO:6 LI:24 AA:1 LK:1",
  B: "PO:6 BO:5 BI:5 BD:14 AA:1 LK:1",
  SC: "PO:6 /:5 /:5 /:4 LEV:7 /:3 XO:2",
  D: "PO:6 RT:5 RA:5 SI:16",
  DU: "PO:6 RS:5 RA:5 UI:16",
  DS: "PO:6 RT:5 RA:5 DS:14 XO:2",
  DX: "PO:6 RT:5 D@1:5 D@6:10 XO:5 D@0:1",
  X: "PO:6 RT:5 RA:5 RB:5 XO:10 /:1",
  X_Rc: "PO:6 RS:5 RA:5 RB:5 XO:10 Rc:1",
  XO: "PO:6 RT:5 RA:5 RB:5 OE:1 XO:9 Rc:1",
  M: "PO:6 RS:5 RA:5 SH:5 MB:5 ME:5 Rc:1",
  MR: "PO:6 RS:5 RA:5 RB:5 MB:5 ME:5 Rc:1",
  MD: "PO:6 RS:5 RA:5 SH@0:5 MB@0:5 MB@5:1 XO:3 SH@5:1 Rc:1",
  MDS: "PO:6 RS:5 RA:5 RB:5 MB@0:5 MB@5:1 XO:4 Rc:1",
  XS: "PO:6 RS:5 RA:5 SH@0:5 XO:9 SH@5:1 Rc:1",
  XL: "PO:6 BO:5 BI:5 /:3 BH:2 XO:10 LK:1",
  XFX: "PO:6 RT:5 SPR@0:5 SPR@5:5 XO:10 /:1",
  // Book I 3.3, fixed point
  D_TO: "PO:6 TO:5 RA:5 SI:16",
  D_BF: "PO:6 BF:3 /:1 L:1 RA:5 SI:16",
  DU_BF: "PO:6 BF:3 /:1 L:1 RA:5 UI:16",
  X_TO: "PO:6 TO:5 RA:5 RB:5 XO:10 /:1",
  X_BF: "PO:6 BF:3 /:1 L:1 RA:5 RB:5 XO:10 /:1",
  X_BF_RB: "PO:6 BF:3 /:2 RA:5 RB:5 XO:10 /:1",
  X_BF_only: "PO:6 BF:3 /:2 /:5 /:5 XO:10 /:1",
  X_BFA: "PO:6 RT:5 BFA:3 /:2 /:5 XO:10 /:1",
  X_RS: "PO:6 RS:5 RA:5 RB:5 XO:10 /:1",
  X_RS_RA: "PO:6 RS:5 RA:5 /:5 XO:10 /:1",
  X_RS_RA_Rc: "PO:6 RS:5 RA:5 /:5 XO:10 Rc:1",
  X_SH: "PO:6 RS:5 RA:5 SH:5 XO:10 Rc:1",
  X_L: "PO:6 RT:5 /:3 L:2 /:5 XO:10 /:1",
  XO_RA: "PO:6 RT:5 RA:5 /:5 OE:1 XO:9 Rc:1",
  XO_Rc: "PO:6 RT:5 RA:5 RB:5 /:1 XO:9 Rc:1",
  XO_BCD: "PO:6 RT:5 RA:5 RB:5 /:1 XO:9 /:1",
  Z23_CY0: "PO:6 RT:5 RA:5 RB:5 =0:2 XO:8 /:1",
  A_BC: "PO:6 RT:5 RA:5 RB:5 BC:5 XO:5 /:1",
  VA_RC: "PO:6 RT:5 RA:5 RB:5 RC:5 XO:6",
  MD_ME: "PO:6 RS:5 RA:5 SH@0:5 ME@0:5 ME@5:1 XO:3 SH@5:1 Rc:1",
  MDS_ME: "PO:6 RS:5 RA:5 RB:5 ME@0:5 ME@5:1 XO:4 Rc:1",
  XL_CR: "PO:6 BT:5 BA:5 BB:5 XO:10 /:1",
  XL_BF: "PO:6 BF:3 /:2 BFA:3 /:2 /:5 XO:10 /:1",
  XFX_CR: "PO:6 RT:5 =0:1 /:9 XO:10 /:1",
  XFX_FXM: "PO:6 RS:5 =0:1 FXM:8 /:1 XO:10 /:1",
  XFX_FXM1: "PO:6 RS:5 =1:1 FXM:8 /:1 XO:10 /:1",
  XFX_FXM1_RT: "PO:6 RT:5 =1:1 FXM:8 /:1 XO:10 /:1",
  // Book I 4, floating point
  D_FRT: "PO:6 FRT:5 RA:5 D:16",
  D_FRS: "PO:6 FRS:5 RA:5 D:16",
  DS_FRTp: "PO:6 FRTp:4 /:1 RA:5 DS:14 XO:2",
  DS_FRSp: "PO:6 FRSp:4 /:1 RA:5 DS:14 XO:2",
  X_FRT: "PO:6 FRT:5 RA:5 RB:5 XO:10 /:1",
  X_FRS: "PO:6 FRS:5 RA:5 RB:5 XO:10 /:1",
  X_FRTp: "PO:6 FRTp:4 /:1 RA:5 RB:5 XO:10 /:1",
  X_FRSp: "PO:6 FRSp:4 /:1 RA:5 RB:5 XO:10 /:1",
  X_FRB: "PO:6 FRT:5 /:5 FRB:5 XO:10 Rc:1",
  X_FRA_FRB: "PO:6 FRT:5 FRA:5 FRB:5 XO:10 /:1",
  X_FRA_FRB_Rc: "PO:6 FRT:5 FRA:5 FRB:5 XO:10 Rc:1",
  X_BF_FRA_FRB: "PO:6 BF:3 /:2 FRA:5 FRB:5 XO:10 /:1",
  X_BF_FRB: "PO:6 BF:3 /:2 /:5 FRB:5 XO:10 /:1",
  X_FPSCR_Rc: "PO:6 FRT:5 EO:5 /:5 XO:10 Rc:1",
  X_FPSCR: "PO:6 FRT:5 EO:5 /:5 XO:10 /:1",
  X_FPSCR_FRB: "PO:6 FRT:5 EO:5 FRB:5 XO:10 /:1",
  X_FPSCR_DRM: "PO:6 FRT:5 EO:5 /:2 DRM:3 XO:10 /:1",
  X_FPSCR_RM: "PO:6 FRT:5 EO:5 /:3 RM:2 XO:10 /:1",
  X_BF_BFA: "PO:6 BF:3 /:2 BFA:3 /:2 /:5 XO:10 /:1",
  X_BFF: "PO:6 BFF:3 /:6 W:1 U:4 /:1 XO:10 Rc:1",
  X_BTF: "PO:6 BTF:5 /:5 /:5 XO:10 Rc:1",
  XFL: "PO:6 L:1 FLM:8 W:1 FRB:5 XO:10 Rc:1",
  A_FRB: "PO:6 FRT:5 /:5 FRB:5 /:5 XO:5 Rc:1",
  A_FRA_FRB: "PO:6 FRT:5 FRA:5 FRB:5 /:5 XO:5 Rc:1",
  A_FRA_FRC: "PO:6 FRT:5 FRA:5 /:5 FRC:5 XO:5 Rc:1",
  A: "PO:6 FRT:5 FRA:5 FRB:5 FRC:5 XO:5 Rc:1",
  // Decimal floating point (chapter 5); an odd register of a pair is invalid
  X_FRTp_FRAp_FRBp_Rc: "PO:6 FRTp:4 =0:1 FRAp:4 =0:1 FRBp:4 =0:1 XO:10 Rc:1",
  X_FRTp_FRA_FRBp_Rc: "PO:6 FRTp:4 =0:1 FRA:5 FRBp:4 =0:1 XO:10 Rc:1",
  X_FRTp_FRBp_Rc: "PO:6 FRTp:4 =0:1 /:5 FRBp:4 =0:1 XO:10 Rc:1",
  X_FRTp_FRB_Rc: "PO:6 FRTp:4 =0:1 /:5 FRB:5 XO:10 Rc:1",
  X_FRT_FRBp_Rc: "PO:6 FRT:5 /:5 FRBp:4 =0:1 XO:10 Rc:1",
  X_BF_FRAp_FRBp: "PO:6 BF:3 /:2 FRAp:4 =0:1 FRBp:4 =0:1 XO:10 /:1",
  X_BF_FRA_FRBp: "PO:6 BF:3 /:2 FRA:5 FRBp:4 =0:1 XO:10 /:1",
  X_BF_UIM_FRB: "PO:6 BF:3 /:1 UIM:6 FRB:5 XO:10 /:1",
  X_BF_UIM_FRBp: "PO:6 BF:3 /:1 UIM:6 FRBp:4 =0:1 XO:10 /:1",
  X_SP_FRB: "PO:6 FRT:5 SP:2 /:3 FRB:5 XO:10 Rc:1",
  X_SP_FRBp: "PO:6 FRTp:4 =0:1 SP:2 /:3 FRBp:4 =0:1 XO:10 Rc:1",
  X_S_FRB: "PO:6 FRT:5 S:1 /:4 FRB:5 XO:10 Rc:1",
  X_S_FRBp: "PO:6 FRTp:4 =0:1 S:1 /:4 FRBp:4 =0:1 XO:10 Rc:1",
  Z22_SH: "PO:6 FRT:5 FRA:5 SH:6 XO:9 Rc:1",
  Z22_SHp: "PO:6 FRTp:4 =0:1 FRAp:4 =0:1 SH:6 XO:9 Rc:1",
  Z22_DCM: "PO:6 BF:3 /:2 FRA:5 DCM:6 XO:9 /:1",
  Z22_DCMp: "PO:6 BF:3 /:2 FRAp:4 =0:1 DCM:6 XO:9 /:1",
  Z22_DGM: "PO:6 BF:3 /:2 FRA:5 DGM:6 XO:9 /:1",
  Z22_DGMp: "PO:6 BF:3 /:2 FRAp:4 =0:1 DGM:6 XO:9 /:1",
  Z23_RMC: "PO:6 FRT:5 FRA:5 FRB:5 RMC:2 XO:8 Rc:1",
  Z23_RMCp: "PO:6 FRTp:4 =0:1 FRAp:4 =0:1 FRBp:4 =0:1 RMC:2 XO:8 Rc:1",
  Z23_FRA_RMCp: "PO:6 FRTp:4 =0:1 FRA:5 FRBp:4 =0:1 RMC:2 XO:8 Rc:1",
  Z23_TE: "PO:6 FRT:5 TE:5 FRB:5 RMC:2 XO:8 Rc:1",
  Z23_TEp: "PO:6 FRTp:4 =0:1 TE:5 FRBp:4 =0:1 RMC:2 XO:8 Rc:1",
  Z23_R_RMC: "PO:6 FRT:5 /:4 R:1 FRB:5 RMC:2 XO:8 Rc:1",
  Z23_R_RMCp: "PO:6 FRTp:4 =0:1 /:4 R:1 FRBp:4 =0:1 RMC:2 XO:8 Rc:1",
  // Vector Facility (chapter 6)
  X_VRT: "PO:6 VRT:5 RA:5 RB:5 XO:10 /:1",
  X_VRS: "PO:6 VRS:5 RA:5 RB:5 XO:10 /:1",
  VA: "PO:6 VRT:5 VRA:5 VRB:5 VRC:5 XO:6",
  VA_SHB: "PO:6 VRT:5 VRA:5 VRB:5 /:1 SHB:4 XO:6",
  VC: "PO:6 VRT:5 VRA:5 VRB:5 Rc:1 XO:10",
  VX: "PO:6 VRT:5 VRA:5 VRB:5 XO:11",
  VX_VRA: "PO:6 VRT:5 VRA:5 /:5 XO:11",
  VX_VRB: "PO:6 VRT:5 /:5 VRB:5 XO:11",
  VX_VRT: "PO:6 VRT:5 /:10 XO:11",
  VX_source: "PO:6 /:10 VRB:5 XO:11",
  VX_EO: "PO:6 VRT:5 EO:5 VRB:5 XO:11",
  VX_EO_RT: "PO:6 RT:5 EO:5 VRB:5 XO:11",
  VX_RT: "PO:6 RT:5 RA:5 VRB:5 XO:11",
  VX_SIM: "PO:6 VRT:5 SIM:5 /:5 XO:11",
  VX_UIM2: "PO:6 VRT:5 /:3 UIM:2 VRB:5 XO:11",
  VX_UIM3: "PO:6 VRT:5 /:2 UIM:3 VRB:5 XO:11",
  VX_UIM4: "PO:6 VRT:5 /:1 UIM:4 VRB:5 XO:11",
  VX_UIM5: "PO:6 VRT:5 UIM:5 VRB:5 XO:11",
  VX_ST: "PO:6 VRT:5 VRA:5 ST:1 SIX:4 XO:11",
  VX_PS: "PO:6 VRT:5 VRA:5 VRB:5 =1:1 PS:1 XO:9",
  VX_BCD: "PO:6 VRT:5 VRA:5 VRB:5 =1:1 /:1 XO:9",
  VX_EO_PS: "PO:6 VRT:5 EO:5 VRB:5 =1:1 PS:1 XO:9",
  VX_EO_BCD: "PO:6 VRT:5 EO:5 VRB:5 =1:1 /:1 XO:9",
  // Vector-Scalar Extension (chapter 7)
  DS_VRT: "PO:6 VRT:5 RA:5 DS:14 XO:2",
  DS_VRS: "PO:6 VRS:5 RA:5 DS:14 XO:2",
  DQ_XT: "PO:6 XT@0:5 RA:5 DQ:12 XT@5:1 XO:3",
  DQ_XS: "PO:6 XS@0:5 RA:5 DQ:12 XS@5:1 XO:3",
  XX1: "PO:6 XT@0:5 RA:5 RB:5 XO:10 XT@5:1",
  XX1_XS: "PO:6 XS@0:5 RA:5 RB:5 XO:10 XS@5:1",
  XX1_RA: "PO:6 XT@0:5 RA:5 /:5 XO:10 XT@5:1",
  XX1_XS_RA: "PO:6 XS@0:5 RA:5 /:5 XO:10 XS@5:1",
  XX1_IMM8: "PO:6 XT@0:5 EO:2 IMM8:8 XO:10 XT@5:1",
  XX2: "PO:6 XT@0:5 /:5 XB@0:5 XO:9 XB@5:1 XT@5:1",
  XX2_EO: "PO:6 XT@0:5 EO:5 XB@0:5 XO:9 XB@5:1 XT@5:1",
  XX2_EO_RT: "PO:6 RT:5 EO:5 XB@0:5 XO:9 XB@5:1 /:1",
  XX2_UIM2: "PO:6 XT@0:5 /:3 UIM:2 XB@0:5 XO:9 XB@5:1 XT@5:1",
  XX2_UIM4: "PO:6 XT@0:5 /:1 UIM:4 XB@0:5 XO:9 XB@5:1 XT@5:1",
  XX2_BF: "PO:6 BF:3 /:7 XB@0:5 XO:9 XB@5:1 /:1",
  XX2_BF_DCMX: "PO:6 BF:3 DCMX:7 XB@0:5 XO:9 XB@5:1 /:1",
  XX2_DCMX:
    "PO:6 XT@0:5 DCMX@0:5 XB@0:5 XO:4 DCMX@6:1 XO:3 DCMX@5:1 XB@5:1 XT@5:1",
  XX3: "PO:6 XT@0:5 XA@0:5 XB@0:5 XO:8 XA@5:1 XB@5:1 XT@5:1",
  XX3_Rc: "PO:6 XT@0:5 XA@0:5 XB@0:5 Rc:1 XO:7 XA@5:1 XB@5:1 XT@5:1",
  XX3_BF: "PO:6 BF:3 /:2 XA@0:5 XB@0:5 XO:8 XA@5:1 XB@5:1 /:1",
  XX3_DM: "PO:6 XT@0:5 XA@0:5 XB@0:5 =0:1 DM:2 XO:5 XA@5:1 XB@5:1 XT@5:1",
  XX3_SHW: "PO:6 XT@0:5 XA@0:5 XB@0:5 =0:1 SHW:2 XO:5 XA@5:1 XB@5:1 XT@5:1",
  XX4: "PO:6 XT@0:5 XA@0:5 XB@0:5 XC@0:5 XO:2 XC@5:1 XA@5:1 XB@5:1 XT@5:1",
  // Quad precision (7.6.3)
  X_VRT_VRA_VRB: "PO:6 VRT:5 VRA:5 VRB:5 XO:10 /:1",
  X_VRT_VRA_VRB_RO: "PO:6 VRT:5 VRA:5 VRB:5 XO:10 RO:1",
  X_VRT_VRB: "PO:6 VRT:5 EO:5 VRB:5 XO:10 /:1",
  X_VRT_VRB_RO: "PO:6 VRT:5 EO:5 VRB:5 XO:10 RO:1",
  X_BF_VRA_VRB: "PO:6 BF:3 /:2 VRA:5 VRB:5 XO:10 /:1",
  X_BF_DCMX: "PO:6 BF:3 DCMX:7 VRB:5 XO:10 /:1",
  Z23_R: "PO:6 VRT:5 /:4 R:1 VRB:5 RMC:2 XO:8 /:1",
  Z23_R_EX: "PO:6 VRT:5 /:4 R:1 VRB:5 RMC:2 XO:8 EX:1",
  // Book I 3.3.2-3.3.7, Book II 4.3-4.6: loads, stores, storage control
  D_RS: "PO:6 RS:5 RA:5 SI:16",
  DS_RS: "PO:6 RS:5 RA:5 DS:14 XO:2",
  DQ_RTp: "PO:6 RTp:5 RA:5 DQ:12 /:4",
  DS_RSp: "PO:6 RSp:5 RA:5 DS:14 XO:2",
  X_NB: "PO:6 RT:5 RA:5 NB:5 XO:10 /:1",
  X_RS_NB: "PO:6 RS:5 RA:5 NB:5 XO:10 /:1",
  X_EH: "PO:6 RT:5 RA:5 RB:5 XO:10 EH:1",
  X_RTp_EH: "PO:6 RTp:5 RA:5 RB:5 XO:10 EH:1",
  X_RS_1: "PO:6 RS:5 RA:5 RB:5 XO:10 =1:1",
  X_RSp_1: "PO:6 RSp:5 RA:5 RB:5 XO:10 =1:1",
  X_FC: "PO:6 RT:5 RA:5 FC:5 XO:10 /:1",
  X_RS_FC: "PO:6 RS:5 RA:5 FC:5 XO:10 /:1",
  X_L1_RA_RB: "PO:6 /:4 =1:1 RA:5 RB:5 XO:10 /:1",
  X_L1_RA_RB_1: "PO:6 /:4 =1:1 RA:5 RB:5 XO:10 =1:1",
  X_RA_RB: "PO:6 /:5 RA:5 RB:5 XO:10 /:1",
  X_CT: "PO:6 CT:5 RA:5 RB:5 XO:10 /:1",
  X_TH: "PO:6 TH:5 RA:5 RB:5 XO:10 /:1",
  X_STRM: "PO:6 =0:1 /:2 STRM:2 RA:5 RB:5 XO:10 /:1",
  X_STRM_T: "PO:6 =1:1 /:2 STRM:2 RA:5 RB:5 XO:10 /:1",
  X_STRM_only: "PO:6 =0:1 /:2 STRM:2 /:5 /:5 XO:10 /:1",
  X_all: "PO:6 =1:1 /:4 /:5 /:5 XO:10 /:1",
  X_L_RA_RB: "PO:6 /:3 L:2 RA:5 RB:5 XO:10 /:1",
  X_L_only: "PO:6 /:3 L:2 /:5 /:5 XO:10 /:1",
  X_WC: "PO:6 /:3 WC:2 /:5 /:5 XO:10 /:1",
  X_none: "PO:6 /:5 /:5 /:5 XO:10 /:1",
  // Book III 3.3, 4.4, 6.9, 10; Book II 5.5: system, lookaside, transactions
  X_RT: "PO:6 RT:5 /:5 /:5 XO:10 /:1",
  X_RB: "PO:6 /:5 /:5 RB:5 XO:10 /:1",
  X_RT_RB_L: "PO:6 RT:5 /:4 L:1 RB:5 XO:10 /:1",
  X_RS_RB: "PO:6 RS:5 /:5 RB:5 XO:10 /:1",
  X_RT_RB_1: "PO:6 RT:5 /:5 RB:5 XO:10 =1:1",
  X_IH: "PO:6 /:2 IH:3 /:5 /:5 XO:10 /:1",
  X_RIC: "PO:6 RS:5 /:1 RIC:2 PRS:1 R:1 RB:5 XO:10 /:1",
  X_RS_only: "PO:6 RS:5 /:5 /:5 XO:10 /:1",
  X_RS_L: "PO:6 RS:5 /:4 L:1 /:5 XO:10 /:1",
  XL_S: "PO:6 /:5 /:5 /:4 S:1 XO:10 /:1",
  XFX_RS: "PO:6 RS:5 SPR@0:5 SPR@5:5 XO:10 /:1",
  XFX_BHRBE: "PO:6 RT:5 BHRBE:10 XO:10 /:1",
  X_R_1: "PO:6 A:1 /:3 R:1 /:5 /:5 XO:10 =1:1",
  X_A_1: "PO:6 A:1 /:4 /:5 /:5 XO:10 =1:1",
  X_L_1: "PO:6 /:4 L:1 /:5 /:5 XO:10 =1:1",
  X_none_1: "PO:6 /:5 /:5 /:5 XO:10 =1:1",
  X_RA_1: "PO:6 /:5 RA:5 /:5 XO:10 =1:1",
  X_TO_1: "PO:6 TO:5 RA:5 RB:5 XO:10 =1:1",
  X_TO_SIM_1: "PO:6 TO:5 RA:5 SIM:5 XO:10 =1:1",
} as const;

/** Name of an instruction form. */
export type FormName = keyof typeof FORMS;

type Tokens<S extends string> = S extends `${infer H} ${infer T}`
  ? Token<H> | Tokens<T>
  : Token<S>;
type Token<S extends string> = S extends `${infer N}@${string}` ? N
  : S extends `=${string}` ? never
  : S extends `${infer N}:${string}` ? Exclude<N, "PO" | "XO" | "EO" | "/">
  : never;

/** Operand names of a form. */
export type FieldName<K extends FormName = FormName> = Tokens<
  (typeof FORMS)[K]
>;

/** One contiguous run of instruction bits that makes up (part of) a field. */
export interface Piece {
  /** Bits to the right of this piece in the instruction word. */
  readonly shift: number;
  /** Number of bits. */
  readonly width: number;
  /** Where its lowest bit goes in the field's value. */
  readonly to: number;
}

/** How a field's value is made of instruction bits. */
export interface FieldLayout {
  readonly name: string;
  readonly pieces: readonly Piece[];
  /** Total width in bits, before scaling. */
  readonly width: number;
  /** Sign-extended, as the book says of fields of this name. */
  readonly signed: boolean;
  /**
   * Left shift of the value: DS, BD and LI count words, DQ quadwords, pairs
   * of FPRs start at even ones.
   */
  readonly scale: number;
}

/** Signedness and scale belong to a field's name, as in the book. */
const SIGNED: ReadonlySet<string> = new Set([
  "SI",
  "DS",
  "DQ",
  "BD",
  "LI",
  "D",
  "SIM",
  "TE",
]);
const SCALE: Readonly<Record<string, number>> = {
  DS: 2,
  DQ: 4,
  BD: 2,
  LI: 2,
  FRTp: 1,
  FRSp: 1,
  FRAp: 1,
  FRBp: 1,
};

/** A form taken apart: operand fields, opcode fields and constant bits. */
export interface FormLayout {
  readonly fields: ReadonlyMap<string, FieldLayout>;
  /** PO, XO, EO pieces in the order of the form. */
  readonly opcodes: readonly Piece[];
  readonly mask: number;
  readonly match: number;
}

function parseForm(form: string): FormLayout {
  const pieces = new Map<string, Piece[]>();
  const opcodes: Piece[] = [];
  let mask = 0;
  let match = 0;
  let at = 32;
  for (const token of form.split(" ")) {
    const [label = "", bits = ""] = token.split(":");
    const [name = "", to = "0"] = label.split("@");
    const width = Number(bits);
    at -= width;
    const piece = { shift: at, width, to: Number(to) };
    const ones = (2 ** width - 1) * 2 ** at;
    if (name === "/") continue;
    if (name.startsWith("=")) {
      mask += ones;
      match += Number(name.slice(1)) * 2 ** at;
    } else if (name === "PO" || name === "XO" || name === "EO") {
      opcodes.push(piece);
    } else pieces.set(name, [...pieces.get(name) ?? [], piece]);
  }
  if (at !== 0) throw new RangeError(`Form is not 32 bits: "${form}"`);
  const fields = new Map<string, FieldLayout>();
  for (const [name, list] of pieces) {
    fields.set(name, {
      name,
      pieces: list,
      width: list.reduce((sum, piece) => sum + piece.width, 0),
      signed: SIGNED.has(name),
      scale: SCALE[name] ?? 0,
    });
  }
  return { fields, opcodes, mask: mask >>> 0, match: match >>> 0 };
}

const LAYOUTS = new Map<FormName, FormLayout>();

/** The layout of a form, parsed once. */
export function formLayout(name: FormName): FormLayout {
  let layout = LAYOUTS.get(name);
  if (!layout) LAYOUTS.set(name, layout = parseForm(FORMS[name]));
  return layout;
}

/** A field's value in an instruction word: sign-extended and scaled. */
export function extractField(field: FieldLayout, word: number): number {
  let value = 0;
  for (const { shift, width, to } of field.pieces) {
    value |= ((word >>> shift) & ((1 << width) - 1)) << to;
  }
  if (field.signed) value = (value << (32 - field.width)) >> (32 - field.width);
  return value << field.scale;
}

/** The instruction bits that give a field the value; excess bits are cut. */
export function insertField(field: FieldLayout, value: number): number {
  let word = 0;
  const scaled = value >> field.scale;
  for (const { shift, width, to } of field.pieces) {
    word |= ((scaled >> to) & ((1 << width) - 1)) << shift;
  }
  return word >>> 0;
}
